-- A page of one shelf ('active', 'archived', 'trash'), last changed first, as {total, sessions: [{id, title, project, updated_at, busy}]}:
-- `most` sessions after the first `past` of those whose title or project holds `search`. Cheap enough to be asked every
-- other second: whoever keeps what a session looked like at `updated_at` need not read it again unless it is `busy`.
-- Every change of a session sets `updated_at` but what a worker does to takes under way, and those make it busy.
create or replace function studio_shelf_v1(
    shelf text default 'active', search text default '', most integer default 100, past integer default 0)
returns jsonb language sql stable set search_path = public as $$
    with found as (
        select s.id, s.title, s.project, s.updated_at from sessions s
        where case shelf
            when 'trash' then s.deleted_at is not null
            when 'archived' then s.deleted_at is null and s.archived_at is not null
            else s.deleted_at is null and s.archived_at is null end
        and position(lower(coalesce(search, '')) in lower(s.title || E'\n' || s.project)) > 0
    ), page as (
        select * from found order by updated_at desc, id
        limit least(greatest(coalesce(most, 0), 0), 1000) offset greatest(coalesce(past, 0), 0)
    )
    select jsonb_build_object('total', (select count(*) from found), 'sessions', (
        select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'title', p.title, 'project', p.project, 'updated_at', p.updated_at, 'busy', exists (
            select from takes t where t.session_id = p.id and t.status in ('queued', 'generating')))
            order by p.updated_at desc, p.id), '[]') from page p))
$$;
