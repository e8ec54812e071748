-- Out of the trash, as it was.
create or replace function studio_session_restore_v1(session uuid)
returns jsonb language sql set search_path = public as $$
    with back as (
        update sessions s set deleted_at = null, updated_at = now()
        where s.id = session and s.deleted_at is not null returning s.id)
    select jsonb_build_object('restored', exists (select from back))
$$;
