-- Adds what a turn has said so far and renews its claim; with `done` the turn ends. Refused for a claim that is not, or
-- no longer, the conversation's. `pending` is what now waits for a yes; `usage` the tokens of the whole conversation.
-- Answers whether somebody wants the turn to stop.
create or replace function studio_conversation_keep_v1(
    conversation uuid, claim uuid, messages jsonb, pending jsonb default null, usage jsonb default null,
    done boolean default false, ttl_s double precision default 30)
returns jsonb language plpgsql set search_path = public as $$
declare
    held conversations := private.conversation_row_v1(conversation);
    said integer;
begin
    if held.claim is null or held.claim is distinct from studio_conversation_keep_v1.claim then
        perform private.fail_v1('PT409', 'Conflict', 'Another turn has begun in this conversation; this one ends here.');
    elsif jsonb_typeof(messages) is distinct from 'array' or ttl_s is null or not (ttl_s > 0 and ttl_s <= 600) then
        perform private.fail_v1('PT400', 'BadInput', 'A turn adds a list of messages.');
    end if;
    insert into conversation_messages (conversation, number, message)
    select held.id, (select coalesce(max(m.number), 0) from conversation_messages m where m.conversation = held.id) + i.n, i.m
    from jsonb_array_elements(messages) with ordinality i (m, n);
    get diagnostics said = row_count;
    update conversations c set
        revision = c.revision + case when said > 0 or done then 1 else 0 end,
        pending = studio_conversation_keep_v1.pending,
        usage = coalesce(studio_conversation_keep_v1.usage, c.usage),
        claim = case when done then null else c.claim end,
        claim_until = case when done then null else clock_timestamp() + make_interval(secs => ttl_s) end,
        updated_at = now()
    where c.id = held.id returning * into held;
    return private.conversation_json_v1(held) || jsonb_build_object('stop_wanted', held.stop_wanted);
end
$$;
