-- What is going on and what lately went on: takes and exports, newest first, and the live job workers.
create or replace function studio_activity_v1(most integer default 100)
returns jsonb language sql stable set search_path = public as $$
    select jsonb_build_object(
        'under_way', (select count(*) from takes where status in ('queued', 'generating'))
                   + (select count(*) from exports where status in ('queued', 'generating')),
        'workers', private.worker_list_v1(),
        'work', (
            select coalesce(jsonb_agg(to_jsonb(w) order by w.under_way desc, w.at desc), '[]')
            from (
                select t.id, 'take' as kind, t.status, t.status in ('queued', 'generating') as under_way, s.id as session,
                       s.title, b.beat_id || ' · take ' || t.number as what, t.parts, t.parts_done, t.error, t.waiting,
                       t.requested_at, t.started_at, t.finished_at, coalesce(t.finished_at, t.started_at, t.requested_at) as at
                from takes t join sessions s on s.id = t.session_id join beats b on b.id = t.beat
                where s.deleted_at is null
                union all
                select x.id, x.kind, x.status, x.status in ('queued', 'generating'), s.id, s.title, x.filename, 100,
                       (x.progress * 100)::integer, x.error, null, x.requested_at, x.started_at, x.finished_at,
                       coalesce(x.finished_at, x.started_at, x.requested_at)
                from exports x join sessions s on s.id = x.session_id
                where s.deleted_at is null
                order by 4 desc, at desc limit most
            ) w))
$$;
