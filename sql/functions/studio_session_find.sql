-- studio_session_find
-- The sessions that a name can mean, on any shelf, last changed first: a whole title, an id, or the beginning of one.
create or replace function studio_session_find_v1(name text, most integer default 100)
returns jsonb language sql stable set search_path = public as $$
    select coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'title', f.title, 'shelf',
        case when f.deleted_at is not null then 'trash' when f.archived_at is not null then 'archived' else 'active' end)
        order by f.updated_at desc), '[]')
    from (
        select * from sessions s
        where s.title = studio_session_find_v1.name
           or (length(studio_session_find_v1.name) >= 4 and starts_with(s.id::text, lower(studio_session_find_v1.name)))
        order by s.updated_at desc limit most
    ) f
$$;
