-- A worker ends a job. False: the job is no longer that worker's (the vendor's own function doesn't ask, so a slow
-- worker whose job was taken over would end the other's run).
create or replace function private.job_finish_v1(job bigint, worker bigint, status text, remove boolean)
returns boolean language plpgsql set search_path = procrastinate, pg_temp as $$
begin
    -- An end that a crash of the database undoes is written again: the job is run once more, and found done.
    perform set_config('synchronous_commit', 'off', true);
    perform from procrastinate_jobs j where j.id = job and j.status = 'doing' and j.worker_id = worker for update;
    if found then
        perform procrastinate_finish_job_v1(job, job_finish_v1.status::procrastinate_job_status, remove);
    end if;
    return found;
end
$$;
revoke all on function private.job_finish_v1(bigint, bigint, text, boolean) from public, authenticated;
grant execute on function private.job_finish_v1(bigint, bigint, text, boolean) to studio_worker;
