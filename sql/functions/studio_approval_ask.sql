-- Asks for a producer's yes. The same question still open, or answered with a yes that is not used, is not asked again;
-- one that was put in other words, or with a lower cap, is withdrawn first: a yes covers just what was asked.
create or replace function studio_approval_ask_v1(
    tool text, arguments jsonb, question jsonb, cap_usd numeric, ttl_s integer, session uuid default null,
    conversation uuid default null)
returns jsonb language plpgsql set search_path = public as $$
#variable_conflict use_column
declare
    digest text := private.arguments_hash_v1(arguments);
    cap numeric := ceil(cap_usd * 1000000) / 1000000;  -- to the column's precision, never below what was said
    made approvals;
begin
    if session is not null then
        perform private.session_row_v1(session);
    end if;
    if tool is null or tool !~ '^[a-z][a-z0-9_]{0,63}$' or digest is null or jsonb_typeof(question) is distinct from 'object'
       or cap_usd is null or cap_usd < 0 or cap_usd >= 1e6 or ttl_s is null or ttl_s not between 1 and 86400 then
        perform private.fail_v1('PT400', 'BadInput', 'That is no question a producer could answer.');
    end if;
    update approvals a set status = 'withdrawn'
    where a.tool = studio_approval_ask_v1.tool and a.arguments_sha256 = digest and a.status in ('asked', 'granted')
      and (a.expires_at <= clock_timestamp() or a.question <> studio_approval_ask_v1.question
           or a.cap_usd < cap);
    insert into approvals (session_id, conversation, tool, arguments, arguments_sha256, question, cap_usd, expires_at)
    values (session, studio_approval_ask_v1.conversation, studio_approval_ask_v1.tool, studio_approval_ask_v1.arguments,
            digest, studio_approval_ask_v1.question, cap,
            clock_timestamp() + make_interval(secs => ttl_s))
    on conflict (owner, tool, arguments_sha256) where status in ('asked', 'granted') do nothing
    returning * into made;
    if made.id is null then
        select * into made from approvals a
        where a.tool = studio_approval_ask_v1.tool and a.arguments_sha256 = digest and a.status in ('asked', 'granted');
    end if;
    return private.approval_json_v1(made);
end
$$;
