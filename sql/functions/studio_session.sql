-- Everything about one session that its pages draw.
create or replace function studio_session_v1(session uuid)
returns jsonb language sql stable set search_path = public as $$
    select private.session_json_v1(private.session_row_v1(session), false)
$$;
