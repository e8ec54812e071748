-- The approval as this user may see it, locked, or a clear "not found".
create or replace function private.approval_row_v1(approval uuid)
returns approvals language plpgsql set search_path = public as $$
declare
    found_row approvals;
begin
    select * into found_row from approvals a where a.id = approval for update;
    if found_row.id is null then
        perform private.fail_v1('PT404', 'NotFound', 'There is no such question here.');
    end if;
    return found_row;
end
$$;
