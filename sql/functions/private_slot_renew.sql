-- Keeps a slot for another `ttl_s` seconds. False: the lease is gone.
create or replace function private.slot_renew_v1(holder uuid, ttl_s double precision)
returns boolean language plpgsql security definer set search_path = private, pg_temp as $$
begin
    update slots s set expires_at = clock_timestamp() + make_interval(secs => ttl_s)
    where s.holder = slot_renew_v1.holder;
    return found;
end
$$;
revoke all on function private.slot_renew_v1(uuid, double precision) from public, authenticated;
grant execute on function private.slot_renew_v1(uuid, double precision) to authenticated, studio_worker;
