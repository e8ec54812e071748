-- Who did what in a session, newest first: scripts saved, takes and exports asked for, what was picked, starred, noted,
-- locked. `who` is null where nobody's name was known.
create or replace function studio_deeds_v1(session uuid, most integer default 100)
returns jsonb language plpgsql stable set search_path = public, pg_temp as $$
declare
    held sessions := private.session_row_v1(session);
begin
    return (select coalesce(jsonb_agg(to_jsonb(d) order by d.at desc), '[]') from (
        select e.at, e.actor_name as who, e.action as deed, e.undone_at is not null as undone, (
                   select string_agg(b.beat_id, ', ' order by b.position)
                   from beats b
                   where b.session_id = held.id and (
                       b.id = (e.undo ->> 'beat')::uuid
                       or b.id = (select t.beat from takes t where t.id = (e.undo ->> 'take')::uuid)
                       or b.id in (select (p ->> 'beat')::uuid from jsonb_array_elements(e.undo -> 'picks') p))
               ) as what
        from edits e where e.session_id = held.id
        union all
        select t.requested_at, t.actor_name, 'take', false, b.beat_id || ' · take ' || t.number
        from takes t join beats b on b.id = t.beat where t.session_id = held.id
        union all
        select x.requested_at, x.actor_name, x.kind, false, x.filename from exports x where x.session_id = held.id
        union all
        select v.created_at, v.actor_name, 'script', false, 'version ' || v.number
        from script_versions v where v.session_id = held.id
        order by 1 desc limit most
    ) d);
end
$$;
