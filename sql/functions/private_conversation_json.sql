-- A conversation without its messages. `busy`: a turn is being written right now, by a process that lives.
create or replace function private.conversation_json_v1(c conversations)
returns jsonb language sql stable set search_path = public as $$
    select jsonb_build_object(
        'id', c.id, 'session', c.session_id, 'revision', c.revision, 'pending', c.pending, 'usage', c.usage,
        'busy', c.claim is not null and c.claim_until > clock_timestamp(),
        'broken', c.claim is not null and c.claim_until <= clock_timestamp(),
        'created_at', c.created_at, 'updated_at', c.updated_at,
        'messages', (select count(*) from conversation_messages m where m.conversation = c.id))
$$;
