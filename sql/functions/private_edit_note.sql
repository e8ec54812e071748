-- Remembers how to undo what was just done. Kept: the last 200 per session.
create or replace function private.edit_note_v1(session uuid, action text, undo jsonb)
returns void language plpgsql set search_path = public as $$
begin
    insert into edits (session_id, action, undo) values (session, edit_note_v1.action, edit_note_v1.undo);
    delete from edits e where e.session_id = session and e.id < (
        select o.id from edits o where o.session_id = session order by o.id desc offset 200 limit 1);
    update sessions s set updated_at = now() where s.id = session;
end
$$;
