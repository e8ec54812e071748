-- Before a part is made, for a take or (take null) for a test line: is it there already, may it be made, must one wait,
-- or is there a doubt to clear first?
-- 'done' (adopt the audio) · 'call' (the intent is written, make the call) · 'wait' (somebody else's call may still
-- come back, for wait_s) · 'doubt' (an intent of `since` whose caller is gone: look into the
-- provider's history; answers with a request id of `known` belong to other generations).
create or replace function studio_generation_begin_v1(
    take uuid, claim uuid, ordinal integer, key text, engine text, model text, voice text, characters integer,
    usd double precision, timeout_s double precision)
returns jsonb language plpgsql set search_path = public as $$
declare
    for_take takes;
    held generations;
    until timestamptz := clock_timestamp() + make_interval(secs => timeout_s);
begin
    select * into for_take from takes t where t.id = studio_generation_begin_v1.take;
    if studio_generation_begin_v1.take is not null and for_take.claim is distinct from studio_generation_begin_v1.claim then
        return jsonb_build_object('state', 'lost');
    end if;
    insert into generations (key, status, engine, model, voice, characters, usd, claim, intent_at, intent_until)
    values (studio_generation_begin_v1.key, 'intent', studio_generation_begin_v1.engine, studio_generation_begin_v1.model,
            studio_generation_begin_v1.voice, studio_generation_begin_v1.characters,
            studio_generation_begin_v1.usd, studio_generation_begin_v1.claim, clock_timestamp(), until)
    on conflict on constraint generations_pkey do nothing;
    select * into held from generations g where g.key = studio_generation_begin_v1.key for no key update;
    if held.status = 'done' then
        insert into take_parts (take, ordinal, key, reused)
        select for_take.id, studio_generation_begin_v1.ordinal, held.key, true where for_take.id is not null
        on conflict on constraint take_parts_pkey do nothing;
        return jsonb_build_object('state', 'done', 'payload_sha256', held.payload_sha256, 'media_type', held.media_type);
    elsif held.status = 'failed' then
        update generations g set status = 'intent', claim = studio_generation_begin_v1.claim, error = null,
            usd = studio_generation_begin_v1.usd, intent_at = clock_timestamp(), intent_until = until
        where g.key = held.key;
    elsif held.claim <> studio_generation_begin_v1.claim then
        if held.intent_until > clock_timestamp() then
            return jsonb_build_object('state', 'wait',
                'wait_s', extract(epoch from held.intent_until - clock_timestamp()));
        end if;
        update generations g set claim = studio_generation_begin_v1.claim, intent_until = until where g.key = held.key;
        return jsonb_build_object('state', 'doubt', 'since', held.intent_at, 'known', (
            select coalesce(jsonb_agg(a.request_id), '[]')
            from provider_answers a join generations g on g.owner = a.owner and g.key = a.key
            where a.engine = held.engine and g.voice = held.voice and g.key <> held.key));
    end if;
    perform private.cap_hold_v2(for_take, studio_generation_begin_v1.usd::numeric);
    return jsonb_build_object('state', 'call');
end
$$;
