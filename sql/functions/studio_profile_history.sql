-- All profile versions of a character, newest first.
create or replace function studio_profile_history_v1(speaker text)
returns jsonb language sql stable set search_path = public as $$
    select coalesce(jsonb_agg(jsonb_build_object('version', p.version, 'active', p.active, 'profile', p.profile,
                                                 'created_at', p.created_at) order by p.version desc), '[]')
    from voice_profiles p where p.character_id = studio_profile_history_v1.speaker
$$;
