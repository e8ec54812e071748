-- An approval as programs see it. `status` is "expired" once nobody can answer or use it any more.
create or replace function private.approval_json_v1(a approvals)
returns jsonb language sql stable set search_path = public as $$
    select jsonb_build_object(
        'id', a.id, 'session', a.session_id, 'conversation', a.conversation, 'tool', a.tool, 'arguments', a.arguments,
        'question', a.question, 'cap_usd', a.cap_usd, 'asked_at', a.asked_at, 'expires_at', a.expires_at,
        'decided_at', a.decided_at, 'used_at', a.used_at,
        'status', case when a.status in ('asked', 'granted') and a.expires_at <= clock_timestamp() then 'expired'
                       else a.status end)
$$;
