-- Everything about one session that its pages draw. Not stable, so that beats are never older than the session's row.
create or replace function studio_session_v1(session uuid)
returns jsonb language plpgsql set search_path = public as $$
declare
    held sessions := private.session_row_v1(session);
begin
    return private.session_json_v1(held, false);
end
$$;
