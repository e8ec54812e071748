-- Removes for good the sessions that have been in the trash for over 30 days. Their audio goes with `gc`.
create or replace function studio_trash_purge_v1()
returns jsonb language sql set search_path = public as $$
    with gone as (delete from sessions where deleted_at < now() - interval '30 days' returning id)
    select jsonb_build_object('purged', count(*)) from gone
$$;
