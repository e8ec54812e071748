-- All versions of a session's script, newest first, without their texts.
create or replace function studio_script_versions_v1(session uuid)
returns jsonb language sql stable set search_path = public as $$
    select coalesce(jsonb_agg(jsonb_build_object(
        'number', number, 'created_at', created_at, 'characters', length(els)) order by number desc), '[]')
    from script_versions where session_id = session
$$;
