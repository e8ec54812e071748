-- The newest conversation of a session, or of none; made if there is none yet, or if a `fresh` one is wanted.
create or replace function studio_conversation_open_v1(session uuid default null, fresh boolean default false)
returns jsonb language plpgsql set search_path = public as $$
declare
    held conversations;
begin
    if session is not null then
        perform private.session_row_v1(session);
    end if;
    -- Two tabs that open the first conversation at once get the same one.
    perform pg_advisory_xact_lock(hashtextextended(coalesce(session, private.studio_of_v1())::text, 4));
    select * into held from conversations c
    where c.session_id is not distinct from session order by c.created_at desc, c.id desc limit 1;
    if held.id is null or (coalesce(fresh, false)
                           and exists (select from conversation_messages m where m.conversation = held.id)) then
        insert into conversations (session_id) values (session) returning * into held;
    end if;
    return private.conversation_json_v1(held);
end
$$;
