-- A session with its beats in order and their takes in theirs. Beats that left the script come last, without a place.
create or replace function private.session_json_v1(s sessions, light boolean)
returns jsonb language sql stable set search_path = public as $$
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
                'takes', (select coalesce(jsonb_agg(private.take_json_v1(t, light) order by t.number), '[]')
                          from takes t where t.beat = b.id)
            ) order by b.position nulls last, b.beat_id), '[]')
            from beats b where b.session_id = s.id and (b.position is not null or not light)))
$$;
