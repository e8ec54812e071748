-- A new script version. `based_on` is the version the producer had before their eyes: another one in between is a
-- conflict that carries both texts. The same text again changes nothing. `title`, `project`: null where the script's own
-- is what it was, so that a rename stays. Another script is not what the producer called completed.
create or replace function studio_script_save_v1(
    session uuid, based_on integer, title text, project text, els text, contents jsonb)
returns jsonb language plpgsql set search_path = public as $$
declare
    held sessions := private.session_row_v1(session, true);
    latest text;
begin
    select v.els into latest from script_versions v where v.session_id = held.id and v.number = held.script_number;
    if latest is not distinct from studio_script_save_v1.els then
        return jsonb_build_object('id', held.id, 'script_number', held.script_number, 'changed', false);
    end if;
    if held.script_number <> based_on then
        perform private.fail_v1('PT409', 'Conflict',
            format('The script of "%s" was saved as version %s while you worked on version %s. Nothing is lost: compare '
                   'both texts, then save again.', held.title, held.script_number, based_on),
            jsonb_build_object('theirs', latest, 'yours', studio_script_save_v1.els, 'number', held.script_number));
    end if;
    insert into script_versions (session_id, number, els) values (held.id, held.script_number + 1, studio_script_save_v1.els);
    perform private.write_beats_v1(held.id, contents);
    update sessions s
    set script_number = held.script_number + 1, updated_at = now(), completed_at = null,
        title = coalesce(studio_script_save_v1.title, s.title),
        project = coalesce(studio_script_save_v1.project, s.project)
    where s.id = held.id;
    return jsonb_build_object('id', held.id, 'script_number', held.script_number + 1, 'changed', true);
end
$$;
