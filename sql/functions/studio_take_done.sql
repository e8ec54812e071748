-- The take's audio is there. Only the claim that holds the take may finish it. A take asked for with `pick` is picked
-- when its beat has no pick and its judgement found nothing wrong or only warnings.
create or replace function studio_take_done_v1(
    take uuid, claim uuid, audio_sha256 text, audio_bytes bigint, duration_ms integer, lufs double precision, judgement jsonb, peaks text)
returns jsonb language plpgsql set search_path = public as $$
declare
    held takes;
begin
    -- The session before the take, as in a request: else the two wait for each other.
    perform from sessions s
    where s.id = (select t.session_id from takes t where t.id = studio_take_done_v1.take) for no key update;
    select * into held from takes t where t.id = studio_take_done_v1.take for no key update;
    if held.claim is distinct from studio_take_done_v1.claim or held.status <> 'generating' then
        return jsonb_build_object('kept', false);
    end if;
    insert into blobs (sha256, bytes, media_type) values (studio_take_done_v1.audio_sha256, audio_bytes, 'audio/flac')
    on conflict do nothing;
    update takes t set status = 'done', finished_at = clock_timestamp(), lease_until = null, error = null, waiting = null,
        parts_done = t.parts, audio_sha256 = studio_take_done_v1.audio_sha256, duration_ms = studio_take_done_v1.duration_ms,
        lufs = studio_take_done_v1.lufs, judgement = studio_take_done_v1.judgement, peaks = studio_take_done_v1.peaks
    where t.id = held.id;
    if held.pick and studio_take_done_v1.judgement ->> 'verdict' <> 'fail' then
        insert into selections (beat, take) select held.beat, held.id
        where not exists (select from beats b where b.id = held.beat and b.locked)
        on conflict on constraint selections_pkey do nothing;
    end if;
    update sessions s set updated_at = now() where s.id = held.session_id;
    return jsonb_build_object('kept', true);
end
$$;
