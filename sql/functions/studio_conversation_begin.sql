-- Takes the right to write the next turn, for `ttl_s` unless it is renewed. One turn at a time: somebody else's that is
-- under way, or a conversation that went on since `based_on`, is a conflict.
create or replace function studio_conversation_begin_v1(
    conversation uuid, claim uuid, based_on integer, ttl_s double precision)
returns jsonb language plpgsql set search_path = public as $$
declare
    held conversations := private.conversation_row_v1(conversation);
begin
    if claim is null or ttl_s is null or not (ttl_s > 0 and ttl_s <= 600) then
        perform private.fail_v1('PT400', 'BadInput', 'A turn needs its claim and a time to hold it.');
    elsif held.claim is distinct from studio_conversation_begin_v1.claim and held.claim_until > clock_timestamp() then
        perform private.fail_v1('PT409', 'Conflict',
            'The agent is answering in this conversation already, perhaps in another tab. Wait for it, or stop it.');
    elsif held.revision is distinct from based_on then
        perform private.fail_v1('PT409', 'Conflict',
            'This conversation went on in another tab. What was said there is shown now; say yours again.');
    end if;
    update conversations c set claim = studio_conversation_begin_v1.claim, stop_wanted = false,
        claim_until = clock_timestamp() + make_interval(secs => ttl_s), updated_at = now()
    where c.id = held.id returning * into held;
    return private.conversation_json_v1(held);
end
$$;
