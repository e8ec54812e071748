-- Locks a beat or notes something about it; `mark` holds just what shall differ: locked, note.
create or replace function studio_beat_mark_v1(beat uuid, mark jsonb)
returns jsonb language plpgsql set search_path = public as $$
declare
    held beats := private.beat_row_v1(beat);
begin
    update beats b set locked = coalesce((mark ->> 'locked')::boolean, b.locked), note = coalesce(mark ->> 'note', b.note)
    where b.id = held.id;
    perform private.edit_note_v1(held.session_id, case when mark ? 'locked' then 'lock' else 'beat note' end,
        jsonb_build_object('beat', held.id, 'mark', jsonb_build_object('locked', held.locked, 'note', held.note)));
    return jsonb_build_object('beat', held.id);
end
$$;
