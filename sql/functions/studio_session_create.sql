-- A new session from a script without errors. Returns its id.
create or replace function studio_session_create_v1(title text, project text, els text, contents jsonb)
returns jsonb language plpgsql set search_path = public as $$
declare
    made sessions;
begin
    insert into sessions (title, project, script_number)
    values (studio_session_create_v1.title, studio_session_create_v1.project, 1) returning * into made;
    insert into script_versions (session_id, number, els) values (made.id, 1, studio_session_create_v1.els);
    perform private.write_beats_v1(made.id, contents);
    return jsonb_build_object('id', made.id, 'script_number', 1);
end
$$;
