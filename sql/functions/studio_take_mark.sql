-- Stars a take or notes something about it; `mark` holds just what shall differ: starred, note. What is so already is no
-- edit: one undo takes back something that was seen to happen.
create or replace function studio_take_mark_v1(take uuid, mark jsonb)
returns jsonb language plpgsql set search_path = public as $$
declare
    held takes;
    before take_marks;
    was jsonb;
    wanted jsonb;
begin
    select * into held from takes t where t.id = studio_take_mark_v1.take;
    if held.id is null then
        perform private.fail_v1('PT404', 'NotFound', 'There is no such take here.');
    end if;
    perform private.session_row_v1(held.session_id, true);
    select * into before from take_marks m where m.take = held.id;
    was := jsonb_build_object('starred', coalesce(before.starred, false), 'note', coalesce(before.note, ''));
    wanted := jsonb_build_object('starred', coalesce((mark ->> 'starred')::boolean, before.starred, false),
                                 'note', coalesce(mark ->> 'note', before.note, ''));
    if wanted <> was then
        insert into take_marks (take, starred, note)
        values (held.id, (wanted ->> 'starred')::boolean, wanted ->> 'note')
        on conflict on constraint take_marks_pkey do update set starred = excluded.starred, note = excluded.note;
        perform private.edit_note_v1(held.session_id, case when mark ? 'starred' then 'star' else 'take note' end,
            jsonb_build_object('take', held.id, 'mark', was));
    end if;
    return jsonb_build_object('take', held.id);
end
$$;
