-- A doubt is cleared: nothing was found in the provider's history, so this claim may call. The intent starts anew.
create or replace function studio_generation_call_v1(key text, claim uuid, timeout_s double precision)
returns jsonb language sql set search_path = public as $$
    with kept as (
        update generations g set intent_at = clock_timestamp(),
            intent_until = clock_timestamp() + make_interval(secs => timeout_s)
        where g.key = studio_generation_call_v1.key and g.claim = studio_generation_call_v1.claim and g.status = 'intent'
        returning g.key)
    select jsonb_build_object('state', case when exists (select from kept) then 'call' else 'lost' end)
$$;
