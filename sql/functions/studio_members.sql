-- Who was invited into the caller's own studio, and as what; who joined has a name.
create or replace function studio_members_v1()
returns jsonb language sql stable set search_path = public, pg_temp as $$
    select coalesce(jsonb_agg(jsonb_build_object(
        'email', m.email, 'role', m.role, 'name', m.name, 'invited_at', m.invited_at, 'joined_at', m.joined_at)
        order by m.invited_at), '[]')
    from members m where m.owner = auth.uid()
$$;
