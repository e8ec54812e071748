-- A job worker ends in good order and leaves the list.
create or replace function private.worker_leave_v1(worker uuid)
returns void language sql set search_path = private, pg_temp as $$
    delete from workers w where w.id = worker
$$;
revoke all on function private.worker_leave_v1(uuid) from public, authenticated;
grant execute on function private.worker_leave_v1(uuid) to studio_worker;
