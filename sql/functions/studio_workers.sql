-- The job workers that live: see private.worker_list_v1.
create or replace function studio_workers_v1(live_s double precision default 3)
returns jsonb language sql stable set search_path = public as $$
    select private.worker_list_v1(live_s)
$$;
