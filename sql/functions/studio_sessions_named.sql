-- The named sessions (a list of ids) as a list shows them, in any order.
create or replace function studio_sessions_named_v1(named jsonb)
returns jsonb language sql stable set search_path = public as $$
    select coalesce(jsonb_agg(private.session_json_v1(s, true)), '[]') from sessions s
    where s.id = any (case when jsonb_typeof(named) = 'array'
                           then array(select jsonb_array_elements_text(named)::uuid) end)
$$;
