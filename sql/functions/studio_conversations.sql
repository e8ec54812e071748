-- The conversations of a session, or of none, newest first.
create or replace function studio_conversations_v1(session uuid default null, most integer default 20)
returns jsonb language sql stable set search_path = public as $$
    select coalesce(jsonb_agg(private.conversation_json_v1(c::conversations) order by c.created_at desc, c.id desc), '[]')
    from (
        select * from conversations c where c.session_id is not distinct from session
        order by c.created_at desc, c.id desc limit least(greatest(most, 0), 500)
    ) c
$$;
