-- Gives a slot back and wakes those who wait for one at that provider. False: the lease had ended before.
create or replace function private.slot_release_v1(holder uuid)
returns boolean language plpgsql security definer set search_path = private, pg_temp as $$
declare
    freed text;
begin
    -- A release that a crash of the database undoes costs a wait for the lease's end; a wait for the disk costs
    -- every call a few milliseconds of its slot.
    perform set_config('synchronous_commit', 'off', true);
    delete from slots s where s.holder = slot_release_v1.holder returning s.provider into freed;
    if freed is not null then
        perform pg_notify('slots', freed);
    end if;
    return freed is not null;
end
$$;
revoke all on function private.slot_release_v1(uuid) from public, authenticated;
grant execute on function private.slot_release_v1(uuid) to authenticated, studio_worker;
