-- Puts a job into the queue, in the caller's transaction: rolled back, there is no job. `args` is the owner and the one
-- row the job is about; nobody enqueues for somebody else. Two jobs of one `key` never wait at once: the second call
-- answers the first one's number. Higher `priority` runs first.
create or replace function private.job_enqueue_v1(
    task text, queue text, args jsonb, priority integer default 0, key text default null)
returns bigint language plpgsql security definer set search_path = procrastinate, pg_temp as $$
declare
    subject text := case task when 'take.make' then 'take_id' when 'episode.export' then 'export_id' end;
    twin_key text := (args ->> 'owner') || '/' || key;
    job bigint;
begin
    if subject is null then
        raise exception 'There is no task %.', task using errcode = '22023';
    elsif queue is null or queue not in ('cloud', 'gpu', 'cpu') then
        raise exception 'There is no queue %.', queue using errcode = '22023';
    elsif (args ->> 'owner')::uuid is distinct from private.studio_of_v1() or not private.makes_v1() then
        raise exception 'A job can only be put into the queue by its studio''s owner or producers.' using errcode = '42501';
    elsif args ->> subject is null or args - 'owner' - subject <> '{}' then
        raise exception 'A job % takes % and owner, nothing else.', task, subject using errcode = '22023';
    end if;
    for round in 1..5 loop
        begin
            return (procrastinate_defer_jobs_v1(array[row(
                queue, task, coalesce(priority, 0), null, twin_key,
                jsonb_build_object('owner', args ->> 'owner', subject, (args ->> subject)::uuid), null
            )::procrastinate_job_to_defer_v1]))[1];
        exception when unique_violation then
            select j.id into job from procrastinate_jobs j where j.queueing_lock = twin_key and j.status = 'todo';
            if found then
                return job;
            end if;  -- a worker fetched the twin in between
        end;
    end loop;
    raise exception 'The queue is too busy with jobs of one key.' using errcode = '40001';
end
$$;
revoke all on function private.job_enqueue_v1(text, text, jsonb, integer, text) from public, authenticated;
grant execute on function private.job_enqueue_v1(text, text, jsonb, integer, text) to authenticated;
