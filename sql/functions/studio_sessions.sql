-- The sessions of one shelf ('active', 'archived', 'trash'), last changed first.
create or replace function studio_sessions_v1(shelf text default 'active', most integer default 100)
returns jsonb language sql stable set search_path = public as $$
    select coalesce(jsonb_agg(private.session_json_v1(s, true) order by s.updated_at desc), '[]')
    from (
        select * from sessions
        where case shelf
            when 'trash' then deleted_at is not null
            when 'archived' then deleted_at is null and archived_at is not null
            else deleted_at is null and archived_at is null end
        order by updated_at desc limit most
    ) s
$$;
