-- A worker's sign of life on a take; false when the take is no longer its own.
create or replace function studio_take_renew_v1(take uuid, claim uuid, lease_s double precision)
returns jsonb language sql set search_path = public as $$
    with kept as (
        update takes t set lease_until = clock_timestamp() + make_interval(secs => lease_s)
        where t.id = studio_take_renew_v1.take and t.claim = studio_take_renew_v1.claim and t.status = 'generating'
        returning t.id)
    select jsonb_build_object('held', exists (select from kept))
$$;
