-- The job workers that live: those seen within `live_s` seconds, oldest first, each with how many jobs it runs and which
-- of them are the caller's: [{id, name, host, pid, queues, told, kept, started_at, seen_s, running, work: [{task, id, since}]}].
create or replace function private.worker_list_v1(live_s double precision default 3)
returns jsonb language sql stable security definer set search_path = private, pg_temp as $$
    select coalesce(jsonb_agg(jsonb_build_object(
        'id', w.id, 'name', w.name, 'host', w.host, 'pid', w.pid, 'queues', to_jsonb(w.queues), 'told', w.told, 'kept', w.kept,
        'started_at', w.started_at, 'seen_s', extract(epoch from clock_timestamp() - w.seen_at),
        'running', coalesce(r.running, 0), 'work', coalesce(r.work, '[]')) order by w.started_at), '[]')
    from workers w
    left join lateral (
        select count(*) as running,
               jsonb_agg(jsonb_build_object(
                   'task', j.task_name, 'id', coalesce(j.args ->> 'take_id', j.args ->> 'export_id'), 'since', e.since)
                   order by e.since) filter (where j.args ->> 'owner' = private.studio_of_v1()::text) as work
        from procrastinate.procrastinate_jobs j
        left join lateral (
            select max(v.at) as since from procrastinate.procrastinate_events v
            where v.job_id = j.id and v.type = 'started') e on true
        where j.status = 'doing' and j.worker_id = any (w.queue_workers)) r on true
    where w.seen_at > clock_timestamp() - make_interval(secs => live_s)
$$;
revoke all on function private.worker_list_v1(double precision) from public, authenticated;
grant execute on function private.worker_list_v1(double precision) to authenticated;
