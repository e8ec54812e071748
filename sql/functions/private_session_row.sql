-- The session as this user may see it, or a clear "not found"; locked against others until the transaction ends.
create or replace function private.session_row_v1(session uuid, for_change boolean default false)
returns sessions language plpgsql set search_path = public as $$
declare
    found_row sessions;
begin
    if for_change then
        select * into found_row from sessions where id = session for no key update;
    else
        select * into found_row from sessions where id = session;
    end if;
    if found_row.id is null then
        perform private.fail_v1('PT404', 'NotFound', 'There is no such session. It may have been deleted for good.');
    end if;
    if for_change and found_row.deleted_at is not null then
        perform private.fail_v1('PT400', 'BadInput',
            format('"%s" is in the trash. Restore it on the Sessions page first.', found_row.title));
    end if;
    return found_row;
end
$$;
