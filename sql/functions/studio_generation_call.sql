-- A doubt is cleared: nothing was found in the provider's history, so this claim may call. The intent starts anew.
-- 'lost': another claim is clearing the doubt now.
create or replace function studio_generation_call_v1(key text, claim uuid, timeout_s double precision)
returns jsonb language plpgsql set search_path = public as $$
declare
    held generations;
    for_take takes;
begin
    update generations g set intent_at = clock_timestamp(),
        intent_until = clock_timestamp() + make_interval(secs => timeout_s)
    where g.key = studio_generation_call_v1.key and g.claim = studio_generation_call_v1.claim and g.status = 'intent'
    returning * into held;
    if held.key is null then
        return jsonb_build_object('state', 'lost');
    end if;
    select * into for_take from takes t where t.claim = held.claim and t.status = 'generating';
    perform private.cap_hold_v2(for_take, held.usd);
    return jsonb_build_object('state', 'call');
end
$$;
