-- The beat as this user may see it, its session and then itself locked against others, or a clear "not found".
-- Whoever changes beats or takes of a session locks the session first: one order for all, so that nobody waits in a ring.
create or replace function private.beat_row_v1(beat uuid)
returns beats language plpgsql set search_path = public as $$
declare
    found_row beats;
begin
    select * into found_row from beats where id = beat;
    if found_row.id is null then
        perform private.fail_v1('PT404', 'NotFound', 'There is no such beat here.');
    end if;
    perform private.session_row_v1(found_row.session_id, true);
    select * into found_row from beats where id = beat for no key update;
    return found_row;
end
$$;
