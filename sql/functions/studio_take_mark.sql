-- Stars a take or notes something about it; `mark` holds just what shall differ: starred, note.
create or replace function studio_take_mark_v1(take uuid, mark jsonb)
returns jsonb language plpgsql set search_path = public as $$
declare
    held takes;
    before take_marks;
begin
    select * into held from takes t where t.id = studio_take_mark_v1.take;
    if held.id is null then
        perform private.fail_v1('PT404', 'NotFound', 'There is no such take here.');
    end if;
    perform private.session_row_v1(held.session_id, true);
    select * into before from take_marks m where m.take = held.id;
    insert into take_marks (take, starred, note)
    values (held.id, coalesce((mark ->> 'starred')::boolean, false), coalesce(mark ->> 'note', ''))
    on conflict on constraint take_marks_pkey do update
    set starred = coalesce((mark ->> 'starred')::boolean, take_marks.starred),
        note = coalesce(mark ->> 'note', take_marks.note);
    perform private.edit_note_v1(held.session_id, case when mark ? 'starred' then 'star' else 'take note' end,
        jsonb_build_object('take', held.id, 'mark', jsonb_build_object(
            'starred', coalesce(before.starred, false), 'note', coalesce(before.note, ''))));
    return jsonb_build_object('take', held.id);
end
$$;
