-- One script version; the latest when no number is given. Not stable: the session's row is read afresh, and a version
-- saved in that moment must then be seen too.
create or replace function studio_script_v1(session uuid, number integer default null)
returns jsonb language plpgsql set search_path = public as $$
declare
    held sessions := private.session_row_v1(session);
    answer jsonb;
begin
    select jsonb_build_object('number', v.number, 'els', v.els, 'created_at', v.created_at, 'latest', held.script_number)
    into answer from script_versions v
    where v.session_id = held.id and v.number = coalesce(studio_script_v1.number, held.script_number);
    if answer is null then
        perform private.fail_v1('PT404', 'NotFound',
            format('"%s" has no script version %s.', held.title, studio_script_v1.number));
    end if;
    return answer;
end
$$;
