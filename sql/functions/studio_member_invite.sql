-- Invites an e-mail address into the caller's own studio, or changes as what it is in there.
create or replace function studio_member_invite_v1(email text, role text)
returns jsonb language plpgsql set search_path = public, pg_temp as $$
begin
    if private.role_v1() is distinct from 'owner' then
        perform private.fail_v1('42501', 'Denied', 'Only its owner invites people into a studio.');
    elsif lower(trim(email)) = lower(auth.jwt() ->> 'vouched_email') then
        perform private.fail_v1('PT400', 'BadInput', 'That is your own address; this studio is yours already.');
    end if;
    insert into members as m (email, role, owner_name)
    values (lower(trim(studio_member_invite_v1.email)), studio_member_invite_v1.role,
            coalesce(left(auth.jwt() ->> 'name', 200), ''))
    on conflict on constraint members_pkey do update set role = excluded.role;
    return studio_members_v1();
end
$$;
