-- A job worker's sign of life, for itself, for the vendor's workers in its process (one for each queue), and for
-- `lingering` ones that are gone but in whose name a run is still under way there: {known, told}.
-- Not `known`: the queue has forgotten one of the living (it was taken for dead), so it has to register again.
create or replace function private.worker_beat_v2(
    worker uuid, name text, host text, pid integer, kept boolean, queues text[], queue_workers bigint[],
    lingering bigint[])
returns jsonb language plpgsql set search_path = private, pg_temp as $$
declare
    heard text;
begin
    insert into workers as w (id, name, host, pid, kept, queues, queue_workers)
    values (worker, worker_beat_v2.name, worker_beat_v2.host, worker_beat_v2.pid, worker_beat_v2.kept,
            worker_beat_v2.queues, worker_beat_v2.queue_workers)
    on conflict (id) do update set seen_at = clock_timestamp(), queue_workers = excluded.queue_workers
    returning w.told into heard;
    delete from workers w where w.seen_at < clock_timestamp() - interval '1 hour';
    update procrastinate.procrastinate_workers v set last_heartbeat = clock_timestamp()
    where v.id = any (worker_beat_v2.queue_workers || lingering);
    return jsonb_build_object(
        'told', heard,
        'known', cardinality(worker_beat_v2.queue_workers) = (
            select count(*) from procrastinate.procrastinate_workers v where v.id = any (worker_beat_v2.queue_workers)));
end
$$;
revoke all on function private.worker_beat_v2(uuid, text, text, integer, boolean, text[], bigint[], bigint[])
    from public, authenticated;
grant execute on function private.worker_beat_v2(uuid, text, text, integer, boolean, text[], bigint[], bigint[])
    to studio_worker;
