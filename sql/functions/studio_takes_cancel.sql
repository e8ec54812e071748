-- Cancels what is queued: of the whole session, or of the named takes. Says how many were dropped and how many are
-- still being generated of those (paid for, so they finish and are kept).
create or replace function studio_takes_cancel_v1(session uuid, only_takes jsonb default null)
returns jsonb language plpgsql set search_path = public as $$
declare
    held sessions := private.session_row_v1(session);
    named uuid[] := case when jsonb_typeof(only_takes) = 'array'
                         then array(select jsonb_array_elements_text(only_takes)::uuid) end;
    dropped integer := private.takes_drop_v1(held.id, named);
begin
    return jsonb_build_object('dropped', dropped, 'finishing', (
        select count(*) from takes t where t.session_id = held.id and t.status = 'generating'
        and (named is null or t.id = any (named))));
end
$$;
