-- The call came back with an error and no charge: the intent is lifted, so that the next attempt may call.
create or replace function studio_generation_failed_v1(key text, claim uuid, error jsonb)
returns jsonb language sql set search_path = public as $$
    with lifted as (
        update generations g set status = 'failed', error = studio_generation_failed_v1.error
        where g.key = studio_generation_failed_v1.key and g.claim = studio_generation_failed_v1.claim and g.status = 'intent'
        returning g.key)
    select jsonb_build_object('lifted', exists (select from lifted))
$$;
