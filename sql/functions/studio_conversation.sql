-- A conversation with its messages behind number `after`, in order. Not stable, so that it is never older than its row.
create or replace function studio_conversation_v1(conversation uuid, after integer default 0)
returns jsonb language plpgsql set search_path = public as $$
declare
    held conversations := private.conversation_row_v1(conversation);
begin
    return private.conversation_json_v1(held) || jsonb_build_object('history', (
        select coalesce(jsonb_agg(m.message order by m.number), '[]')
        from conversation_messages m where m.conversation = held.id and m.number > coalesce(after, 0)));
end
$$;
