-- Saves the script that a producer said yes to, and uses the yes up with it: both or neither. A new session, or a new
-- version over the one that the question was put about; when the script moved on meanwhile, the yes stays unused.
create or replace function studio_script_accept_v1(approval uuid, title text, project text, contents jsonb)
returns jsonb language plpgsql set search_path = public as $$
declare
    held approvals := private.approval_row_v1(approval);
    draft jsonb := held.arguments;
begin
    if held.tool <> 'accept_script' then
        perform private.fail_v1('PT400', 'BadInput', 'That question is not about a script.');
    end if;
    perform private.approval_spend_v1(held, 0);
    if draft ->> 'session' is null then
        return studio_session_create_v1(title, project, draft ->> 'els', contents);
    end if;
    return studio_script_save_v1(
        (draft ->> 'session')::uuid, (draft ->> 'based_on')::integer, title, project, draft ->> 'els', contents);
end
$$;
