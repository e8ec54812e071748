-- The take can't be made, and why. `later`: it goes back to the queue instead, with the reason for the wait shown.
create or replace function studio_take_failed_v1(take uuid, claim uuid, error jsonb, later boolean)
returns jsonb language sql set search_path = public as $$
    with settled as (
        update takes t set
            status = case when later then 'queued' else 'failed' end,
            error = case when later then t.error else studio_take_failed_v1.error end,
            waiting = case when later then studio_take_failed_v1.error end,
            finished_at = case when later then null else clock_timestamp() end,
            lease_until = null, claim = null
        where t.id = studio_take_failed_v1.take and t.claim = studio_take_failed_v1.claim and t.status = 'generating'
        returning t.id)
    select jsonb_build_object('settled', exists (select from settled))
$$;
