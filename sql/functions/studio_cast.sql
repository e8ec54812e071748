-- The cast in order, each character with the active profile.
create or replace function studio_cast_v1()
returns jsonb language sql stable set search_path = public as $$
    select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'facts', c.facts, 'profile', p.profile, 'version', p.version)
                              order by c.position, c.id), '[]')
    from characters c
    left join voice_profiles p on p.character_id = c.id and p.active
$$;
