-- Lays a script's beats over the session's rows: same id, same row, so that takes stay with their beat.
-- `contents` is the list of beats in order; each holds its `id`.
create or replace function private.write_beats_v1(session uuid, contents jsonb)
returns void language plpgsql set search_path = public as $$
begin
    update beats set position = null where session_id = session;
    insert into beats (session_id, beat_id, position, content)
    select session, item ->> 'id', ordinal::integer, item
    from jsonb_array_elements(contents) with ordinality as listed (item, ordinal)
    on conflict (session_id, beat_id) do update set position = excluded.position, content = excluded.content;
end
$$;
