-- A session with its beats in order and their takes in theirs. Beats that left the script come last, without a place;
-- `light` leaves those out, and of the takes what only the Takes page draws.
create or replace function private.session_json_v1(s sessions, light boolean)
returns jsonb language sql stable set search_path = public as $$
    with charged as (
        -- All receipts at once: no index finds those of one take, and the ledger is read through for each otherwise.
        select coalesce(jsonb_object_agg(sums.take, sums.usd), '{}') as by_take
        from (select l.take, sum(l.usd) as usd from ledger l
              where not light and l.session_id = s.id and l.kind = 'actual' and l.take is not null
              group by l.take) sums
    )
    select jsonb_build_object(
        'id', s.id, 'title', s.title, 'project', s.project, 'script_number', s.script_number, 'cap_usd', s.cap_usd,
        'created_at', s.created_at, 'updated_at', s.updated_at, 'archived_at', s.archived_at,
        'deleted_at', s.deleted_at, 'completed_at', s.completed_at,
        'spent_usd', (select coalesce(sum(usd), 0) from ledger l where l.session_id = s.id and l.kind = 'actual'),
        'undoable', (select e.action from edits e where e.session_id = s.id and e.undone_at is null
                     order by e.id desc limit 1),
        'exports', (
            select coalesce(jsonb_agg(private.export_json_v1(x) order by x.requested_at desc), '[]')
            from exports x where x.session_id = s.id),
        'beats', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'id', b.id, 'beat_id', b.beat_id, 'position', b.position, 'content', b.content, 'locked', b.locked,
                'note', b.note,
                'selected', (select c.take from selections c where c.beat = b.id),
                'takes', (
                    select coalesce(jsonb_agg(jsonb_build_object(
                        'id', t.id, 'beat', t.beat, 'number', t.number, 'status', t.status, 'plan', t.plan,
                        'plan_key', t.plan_key, 'revision', t.revision, 'batch', t.batch, 'parts', t.parts,
                        'parts_done', t.parts_done, 'audio_sha256', t.audio_sha256, 'duration_ms', t.duration_ms,
                        'lufs', t.lufs, 'judgement', t.judgement, 'error', t.error, 'waiting', t.waiting,
                        'requested_at', t.requested_at, 'started_at', t.started_at, 'finished_at', t.finished_at,
                        'leased', coalesce(t.lease_until > now(), false))
                    || case when light then '{}' else jsonb_build_object(
                        'made_from', t.made_from, 'peaks', t.peaks,
                        'starred', coalesce((select m.starred from take_marks m where m.take = t.id), false),
                        'note', coalesce((select m.note from take_marks m where m.take = t.id), ''),
                        'usd', (select by_take from charged) -> t.id::text,
                        'reused', (select count(*) from take_parts p where p.take = t.id and p.reused),
                        'made', (
                            select coalesce(jsonb_agg(jsonb_build_object('engine', g.engine,
                                'request_id', g.request_id, 'facts', g.facts) order by p.ordinal), '[]')
                            from take_parts p join generations g using (owner, key)
                            where p.take = t.id and (g.request_id is not null or g.facts <> '{}'))) end
                    order by t.number), '[]')
                    from takes t where t.beat = b.id)
            ) order by b.position nulls last, b.beat_id), '[]')
            from beats b where b.session_id = s.id and (b.position is not null or not light)))
$$;
