-- The conversation as this user may see it, locked, or a clear "not found".
create or replace function private.conversation_row_v1(conversation uuid)
returns conversations language plpgsql set search_path = public as $$
declare
    found_row conversations;
begin
    select * into found_row from conversations c where c.id = conversation for update;
    if found_row.id is null then
        perform private.fail_v1('PT404', 'NotFound', 'There is no such conversation here.');
    end if;
    return found_row;
end
$$;
