-- Takes back the last pick, star, lock or note of a session. Says which, or that there is nothing to undo.
create or replace function studio_undo_v1(session uuid)
returns jsonb language plpgsql set search_path = public as $$
declare
    held sessions := private.session_row_v1(session, true);
    last edits;
    item jsonb;
begin
    select * into last from edits e where e.session_id = held.id and e.undone_at is null order by e.id desc limit 1;
    if last.id is null then
        return jsonb_build_object('undone', null);
    end if;
    for item in select * from jsonb_array_elements(coalesce(last.undo -> 'picks', '[]')) loop
        if item ->> 'take' is null then
            delete from selections c where c.beat = (item ->> 'beat')::uuid;
        else
            insert into selections (beat, take) values ((item ->> 'beat')::uuid, (item ->> 'take')::uuid)
            on conflict (beat) do update set take = excluded.take, selected_at = now();
        end if;
    end loop;
    if last.undo ? 'take' then
        update take_marks m set starred = (last.undo #>> '{mark,starred}')::boolean, note = last.undo #>> '{mark,note}'
        where m.take = (last.undo ->> 'take')::uuid;
    elsif last.undo ? 'beat' then
        update beats b set locked = (last.undo #>> '{mark,locked}')::boolean, note = last.undo #>> '{mark,note}'
        where b.id = (last.undo ->> 'beat')::uuid;
    end if;
    update edits e set undone_at = now() where e.id = last.id;
    update sessions s set updated_at = now() where s.id = held.id;
    return jsonb_build_object('undone', last.action);
end
$$;
