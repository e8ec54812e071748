-- A copy of a session: its script, and with `picks` the picked takes too (the same audio, nothing made again).
create or replace function studio_session_duplicate_v1(session uuid, title text, picks boolean)
returns jsonb language plpgsql set search_path = public as $$
declare
    held sessions := private.session_row_v1(session);
    made sessions;
begin
    insert into sessions (title, project, script_number, cap_usd)
    values (studio_session_duplicate_v1.title, held.project, 1, held.cap_usd) returning * into made;
    insert into script_versions (session_id, number, els)
    select made.id, 1, v.els from script_versions v where v.session_id = held.id and v.number = held.script_number;
    insert into beats (session_id, beat_id, position, content, note)
    select made.id, b.beat_id, b.position, b.content, b.note
    from beats b where b.session_id = held.id and b.position is not null;
    if picks then
        insert into takes (session_id, beat, number, status, plan, plan_key, revision, queue, batch, parts, parts_done,
                           audio_sha256, duration_ms, lufs, judgement, peaks, started_at, finished_at)
        select made.id, n.id, 1, 'done', t.plan, t.plan_key, t.revision, t.queue, t.batch, t.parts, t.parts_done,
               t.audio_sha256, t.duration_ms, t.lufs, t.judgement, t.peaks, t.started_at, t.finished_at
        from beats n
        join beats b on b.session_id = held.id and b.beat_id = n.beat_id
        join selections c on c.beat = b.id
        join takes t on t.id = c.take
        where n.session_id = made.id;
        insert into take_parts (take, ordinal, key, reused)
        select n.id, p.ordinal, p.key, true
        from takes n
        join beats nb on nb.id = n.beat
        join beats b on b.session_id = held.id and b.beat_id = nb.beat_id
        join selections c on c.beat = b.id
        join take_parts p on p.take = c.take
        where n.session_id = made.id;
        insert into selections (beat, take) select t.beat, t.id from takes t where t.session_id = made.id;
    end if;
    return jsonb_build_object('id', made.id);
end
$$;
