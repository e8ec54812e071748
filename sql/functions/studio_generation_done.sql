-- Keeps what was bought. The first answer for a key is the one that stays; a charge is written down in any case, so
-- that even a slow worker whose job was taken over leaves its receipt. `charge`: {characters, usd, exact, receipt}; the
-- same receipt again (the answer to the first call was lost) is the same charge, and so is the same answer of the
-- provider's again (it was adopted from the history while its call was still coming back).
create or replace function studio_generation_done_v1(
    take uuid, ordinal integer, key text, payload_sha256 text, media_type text, payload_bytes bigint, duration_ms integer,
    request_id text, charge jsonb, facts jsonb)
returns jsonb language plpgsql set search_path = public as $$
declare
    for_take takes;
    held generations;
    answer provider_answers;
begin
    select * into for_take from takes t where t.id = studio_generation_done_v1.take;
    insert into blobs (sha256, bytes, media_type)
    values (studio_generation_done_v1.payload_sha256, payload_bytes, studio_generation_done_v1.media_type)
    on conflict do nothing;
    select * into held from generations g where g.key = studio_generation_done_v1.key for no key update;
    if held.status <> 'done' then
        update generations g set status = 'done', done_at = clock_timestamp(), error = null,
            payload_sha256 = studio_generation_done_v1.payload_sha256, media_type = studio_generation_done_v1.media_type,
            duration_ms = studio_generation_done_v1.duration_ms, request_id = studio_generation_done_v1.request_id,
            charged_characters = (charge ->> 'characters')::integer, usd = (charge ->> 'usd')::numeric,
            facts = studio_generation_done_v1.facts
        where g.key = held.key returning * into held;
    end if;
    answer := private.answer_row_v1(held.engine, studio_generation_done_v1.request_id, held.key);
    insert into ledger (id, session_id, take, key, kind, engine, characters, usd, exact)
    values (coalesce(answer.receipt, (charge ->> 'receipt')::uuid, private.uuid7()), for_take.session_id, for_take.id,
            held.key, 'actual', held.engine, (charge ->> 'characters')::integer, (charge ->> 'usd')::numeric,
            (charge ->> 'exact')::boolean)
    on conflict (id) do nothing;
    insert into take_parts (take, ordinal, key, reused)
    select for_take.id, studio_generation_done_v1.ordinal, held.key, false where for_take.id is not null
    on conflict on constraint take_parts_pkey do nothing;
    update takes t set parts_done = greatest(t.parts_done, studio_generation_done_v1.ordinal + 1) where t.id = for_take.id;
    return jsonb_build_object('payload_sha256', held.payload_sha256, 'media_type', held.media_type);
end
$$;
