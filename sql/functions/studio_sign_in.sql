-- Notes who signed in, under their own claims, and what their identity provider says of them now. `new`: never here before.
-- Joins the studios they are invited into by an address that is vouched for.
create or replace function studio_sign_in_v1(issuer text, subject text, email text default '', name text default '')
returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare
    made boolean;
begin
    insert into users as u (issuer, subject, email, name)
    values (studio_sign_in_v1.issuer, studio_sign_in_v1.subject, coalesce(left(studio_sign_in_v1.email, 320), ''),
            coalesce(left(studio_sign_in_v1.name, 200), ''))
    on conflict on constraint users_pkey do update
        set email = excluded.email, name = excluded.name, seen_at = now()
        where u.issuer = excluded.issuer and u.subject = excluded.subject
    returning xmax = 0 into made;
    if made is null then
        raise exception 'That user id belongs to somebody else.' using errcode = 'PT409';
    end if;
    update members m
    set member = auth.uid(), joined_at = now(), name = coalesce(left(studio_sign_in_v1.name, 200), '')
    where m.member is null and m.owner <> auth.uid() and m.email = lower(auth.jwt() ->> 'vouched_email');
    return jsonb_build_object('new', made);
end
$$;
