-- Takes an e-mail address, and whoever joined by it, out of the caller's own studio.
create or replace function studio_member_remove_v1(email text)
returns jsonb language plpgsql set search_path = public, pg_temp as $$
begin
    if private.role_v1() is distinct from 'owner' then
        perform private.fail_v1('42501', 'Denied', 'Only its owner takes people out of a studio.');
    end if;
    delete from members m where m.owner = auth.uid() and m.email = lower(studio_member_remove_v1.email);
    if not found then
        perform private.fail_v1('PT404', 'NotFound', 'Nobody with that address works here.');
    end if;
    return studio_members_v1();
end
$$;
