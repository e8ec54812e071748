-- A worker sends a job back, to be run again in `after_s` seconds. False: the job is no longer that worker's.
create or replace function private.job_retry_v1(job bigint, worker bigint, after_s double precision)
returns boolean language plpgsql set search_path = procrastinate, pg_temp as $$
begin
    perform from procrastinate_jobs j where j.id = job and j.status = 'doing' and j.worker_id = worker for update;
    if found then
        perform private.job_requeue_v1(job, after_s);
    end if;
    return found;
end
$$;
revoke all on function private.job_retry_v1(bigint, bigint, double precision) from public, authenticated;
grant execute on function private.job_retry_v1(bigint, bigint, double precision) to studio_worker;
