-- Locks a beat or notes something about it; `mark` holds just what shall differ: locked, note. What is so already is no
-- edit: one undo takes back something that was seen to happen.
create or replace function studio_beat_mark_v1(beat uuid, mark jsonb)
returns jsonb language plpgsql set search_path = public as $$
declare
    held beats := private.beat_row_v1(beat);
begin
    update beats b set locked = coalesce((mark ->> 'locked')::boolean, b.locked), note = coalesce(mark ->> 'note', b.note)
    where b.id = held.id
      and (b.locked, b.note) is distinct from
          (coalesce((mark ->> 'locked')::boolean, b.locked), coalesce(mark ->> 'note', b.note));
    if found then
        perform private.edit_note_v1(held.session_id, case when mark ? 'locked' then 'lock' else 'beat note' end,
            jsonb_build_object('beat', held.id, 'mark', jsonb_build_object('locked', held.locked, 'note', held.note)));
    end if;
    return jsonb_build_object('beat', held.id);
end
$$;
