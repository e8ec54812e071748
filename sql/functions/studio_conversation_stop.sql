-- Asks the turn that is under way, in whatever process, to stop. Says whether one was.
create or replace function studio_conversation_stop_v1(conversation uuid)
returns jsonb language plpgsql set search_path = public as $$
declare
    held conversations := private.conversation_row_v1(conversation);
begin
    update conversations c set stop_wanted = true
    where c.id = held.id and c.claim_until > clock_timestamp();
    return jsonb_build_object('stopping', found);
end
$$;
