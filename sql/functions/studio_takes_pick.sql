-- Picks takes (or with a null take unpicks): a list of {beat, take}. All or none; one undo takes all of it back. What is
-- picked already is no edit.
create or replace function studio_takes_pick_v1(session uuid, picks jsonb)
returns jsonb language plpgsql set search_path = public as $$
declare
    held sessions := private.session_row_v1(session, true);
    wanted record;
    before jsonb;
begin
    select jsonb_agg(jsonb_build_object('beat', b.id, 'take', c.take)) into before
    from jsonb_array_elements(picks) item
    join beats b on b.id = (item ->> 'beat')::uuid and b.session_id = held.id
    left join selections c on c.beat = b.id
    where c.take is distinct from (item ->> 'take')::uuid;
    for wanted in
        select b.id as beat, b.beat_id, b.locked, (item ->> 'take')::uuid as take, t.id as known, t.status
        from jsonb_array_elements(picks) item
        left join beats b on b.id = (item ->> 'beat')::uuid and b.session_id = held.id
        left join takes t on t.id = (item ->> 'take')::uuid and t.beat = b.id
    loop
        if wanted.beat is null or (wanted.take is not null and wanted.known is null) then
            perform private.fail_v1('PT404', 'NotFound', 'There is no such take of that beat in this session.');
        elsif wanted.locked then
            perform private.fail_v1('PT400', 'Locked', format('Beat %s is locked. Unlock it first.', wanted.beat_id));
        elsif wanted.take is not null and wanted.status <> 'done' then
            perform private.fail_v1('PT400', 'BadInput',
                format('Beat %s: that take has no audio yet. Pick one that is finished.', wanted.beat_id));
        end if;
        if wanted.take is null then
            delete from selections c where c.beat = wanted.beat;
        else
            insert into selections (beat, take) values (wanted.beat, wanted.take)
            on conflict (beat) do update set take = excluded.take, selected_at = now();
        end if;
    end loop;
    if before is not null then
        perform private.edit_note_v1(held.id, 'pick', jsonb_build_object('picks', before));
    end if;
    return jsonb_build_object('picked', jsonb_array_length(picks));
end
$$;
