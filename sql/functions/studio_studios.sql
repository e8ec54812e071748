-- The studios of others that the caller works in, and as what.
create or replace function studio_studios_v1()
returns jsonb language sql stable set search_path = public, pg_temp as $$
    select coalesce(jsonb_agg(jsonb_build_object('owner', m.owner, 'owner_name', m.owner_name, 'role', m.role)
                              order by m.owner_name, m.owner), '[]')
    from members m where m.member = auth.uid()
$$;
