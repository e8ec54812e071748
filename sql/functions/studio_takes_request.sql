-- Writes the takes that are wanted and puts their jobs into the queue, in one transaction.
-- `items`: {beat, plan (with usd and characters), plan_key, revision, made_from, queue, parts, estimates: [..]}; one
-- estimate a part.
-- A take that is under way already is not asked for twice: its id comes back under "already". A batch that is an
-- approval's id uses that approval up, here and now, for at most its cap.
create or replace function studio_takes_request_v1(session uuid, batch uuid, pick boolean, items jsonb)
returns jsonb language plpgsql set search_path = public as $$
declare
    held sessions := private.session_row_v1(session, true);
    item jsonb;
    on_beat beats;
    made uuid;
    twin uuid;
    asked uuid[] := '{}';
    already uuid[] := '{}';
    approved approvals;
    usd numeric := (
        select coalesce(sum((e.cost ->> 'usd')::numeric), 0)
        from jsonb_array_elements(items) i
        cross join lateral jsonb_array_elements(coalesce(i -> 'estimates', '[]')) with ordinality e (cost, place)
        where not exists (select from takes t where t.beat = (i ->> 'beat')::uuid and t.plan_key = i ->> 'plan_key'
                          and t.status in ('queued', 'generating'))
          and not exists (select from generations g where g.status = 'done' and g.key =  -- bought already
                          jsonb_path_query_array(i -> 'plan', '$.segments[*].keys[*]') ->> (e.place - 1)::integer));
begin
    select * into approved from approvals a where a.id = studio_takes_request_v1.batch for update;
    if approved.id is not null then
        perform private.approval_spend_v1(approved, usd);
    end if;
    perform private.cap_check_v1(held.id, usd);
    for item in select * from jsonb_array_elements(items) loop
        select * into on_beat from beats b
        where b.id = (item ->> 'beat')::uuid and b.session_id = held.id for no key update;
        if on_beat.id is null then
            perform private.fail_v1('PT404', 'NotFound', 'There is no such beat in this session.');
        elsif on_beat.locked then
            perform private.fail_v1('PT400', 'Locked',
                format('Beat %s is locked. Unlock it first.', on_beat.beat_id), jsonb_build_object('beat', on_beat.beat_id));
        end if;
        loop
            insert into takes (session_id, beat, number, plan, plan_key, revision, made_from, queue, batch, pick, parts)
            select held.id, on_beat.id, coalesce(max(t.number), 0) + 1, item -> 'plan', item ->> 'plan_key',
                   coalesce(item -> 'revision', '{}'), (item ->> 'made_from')::uuid, item ->> 'queue',
                   studio_takes_request_v1.batch, studio_takes_request_v1.pick, (item ->> 'parts')::integer
            from takes t where t.beat = on_beat.id
            on conflict (beat, plan_key) where status in ('queued', 'generating') do nothing
            returning id into made;
            exit when made is not null;
            select t.id into twin from takes t where t.beat = on_beat.id and t.plan_key = item ->> 'plan_key'
                and t.status in ('queued', 'generating');
            exit when twin is not null;  -- null: it failed or was cancelled in between
        end loop;
        if made is null then
            already := already || twin;
            continue;
        end if;
        insert into ledger (session_id, take, kind, engine, characters, usd, exact, price_checked)
        select held.id, made, 'estimate', e ->> 'engine', (e ->> 'characters')::integer, (e ->> 'usd')::numeric,
               (e ->> 'exact')::boolean, e ->> 'price_checked'
        from jsonb_array_elements(coalesce(item -> 'estimates', '[]')) e;
        perform private.job_enqueue_v1('take.make', item ->> 'queue',
            jsonb_build_object('take_id', made, 'owner', held.owner), coalesce(on_beat.position * -1, 0), 'take:' || made);
        asked := asked || made;
    end loop;
    update sessions s set updated_at = now() where s.id = held.id;
    return jsonb_build_object('takes', to_jsonb(asked), 'already', to_jsonb(already));
end
$$;
