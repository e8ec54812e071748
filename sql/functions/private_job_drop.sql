-- Takes the caller's jobs about these takes and exports out of the queue; what a worker has in hand goes on.
-- Answers how many were dropped.
create or replace function private.job_drop_v1(subjects uuid[])
returns integer language sql security definer set search_path = procrastinate, pg_temp as $$
    select count(procrastinate_cancel_job_v1(j.id, false, true))::integer
    from procrastinate_jobs j
    where j.status = 'todo'
      and j.args ->> 'owner' = private.studio_of_v1()::text
      and private.makes_v1()
      and coalesce(j.args ->> 'take_id', j.args ->> 'export_id') = any (subjects::text[])
$$;
revoke all on function private.job_drop_v1(uuid[]) from public, authenticated;
grant execute on function private.job_drop_v1(uuid[]) to authenticated;
