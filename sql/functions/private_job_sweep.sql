-- Removes jobs that ended without success more than `hours` ago: the studio's own tables tell what became of the work.
create or replace function private.job_sweep_v1(hours integer)
returns void language sql set search_path = procrastinate, pg_temp as $$
    delete from procrastinate_jobs j
    where j.status in ('succeeded', 'failed', 'cancelled', 'aborted')
      and not exists (select from procrastinate_events e
                      where e.job_id = j.id and e.at > clock_timestamp() - make_interval(hours => job_sweep_v1.hours))
$$;
revoke all on function private.job_sweep_v1(integer) from public, authenticated;
grant execute on function private.job_sweep_v1(integer) to studio_worker;
