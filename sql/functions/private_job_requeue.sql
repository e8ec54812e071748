-- Sends a job that is being run back into the queue, to be run in `after_s` seconds, and wakes the workers. Where a job
-- of the same key waits already, that one will do the work and this one goes. The caller holds the job's row.
create or replace function private.job_requeue_v1(job bigint, after_s double precision)
returns void language plpgsql set search_path = procrastinate, pg_temp as $$
declare
    queue text := (select j.queue_name from procrastinate_jobs j where j.id = job);
begin
    begin
        perform procrastinate_retry_job_v2(job,
            case when after_s > 0 then clock_timestamp() + make_interval(secs => after_s) end, null, null, null);
    exception when unique_violation then
        perform procrastinate_finish_job_v1(job, 'aborted', true);
    end;
    -- The vendor tells workers of new jobs only; without this a rescued one would lie until the next poll.
    perform pg_notify('procrastinate_queue_v1#' || queue, json_build_object('type', 'job_inserted', 'job_id', job)::text);
end
$$;
revoke all on function private.job_requeue_v1(bigint, double precision) from public, authenticated;
grant execute on function private.job_requeue_v1(bigint, double precision) to studio_worker;
