-- Sends the jobs of dead workers back into the queue: those whose worker is gone, or gave no sign of life for
-- `stalled_s`, by this database's clock. Works from any machine. Answers the jobs' numbers.
create or replace function private.job_rescue_v1(stalled_s double precision)
returns bigint[] language plpgsql set search_path = procrastinate, pg_temp as $$
declare
    rescued bigint[] := '{}';
    job bigint;
begin
    -- One rescuer at a time: a second one would look at rows as they were before the first and take a job that
    -- has just been started again.
    if not pg_try_advisory_xact_lock(hashtextextended('viraltracker/rescue', 0)) then
        return rescued;
    end if;
    for job in
        select j.id from procrastinate_jobs j
        where j.status = 'doing' and (j.worker_id is null or exists (
            select from procrastinate_workers w
            where w.id = j.worker_id and w.last_heartbeat < clock_timestamp() - make_interval(secs => stalled_s)))
        for update of j skip locked
    loop
        perform private.job_requeue_v1(job, 0);
        rescued := rescued || job;
    end loop;
    return rescued;
end
$$;
revoke all on function private.job_rescue_v1(double precision) from public, authenticated;
grant execute on function private.job_rescue_v1(double precision) to studio_worker;
