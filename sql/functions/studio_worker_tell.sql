-- Tells a job worker to drain or to stop: see private.worker_tell_v1.
create or replace function studio_worker_tell_v1(worker uuid, told text)
returns boolean language sql set search_path = public as $$
    select private.worker_tell_v1(worker, told)
$$;
