-- Leases one of `most` slots at a provider to `holder` for `ttl_s` seconds: {slot, wait_s}. No slot free: slot is null,
-- and in wait_s seconds the earliest lease ends. Asked again by the same holder, its lease is renewed.
create or replace function private.slot_take_v1(provider text, most integer, holder uuid, ttl_s double precision)
returns jsonb language plpgsql security definer set search_path = private, pg_temp as $$
declare
    ends timestamptz := clock_timestamp() + make_interval(secs => ttl_s);
    got integer;
begin
    -- Takers of one provider go one by one, for the length of this transaction: the count below must hold.
    perform pg_advisory_xact_lock(hashtextextended('viraltracker/slots/' || provider, 0));
    update slots s set expires_at = ends where s.holder = slot_take_v1.holder returning s.slot_number into got;
    if got is null then
        delete from slots s where s.provider = slot_take_v1.provider and s.expires_at <= clock_timestamp();
        insert into slots (provider, slot_number, holder, expires_at)
        select slot_take_v1.provider, n, slot_take_v1.holder, ends
        from generate_series(1, most) n
        where not exists (select from slots s where s.provider = slot_take_v1.provider and s.slot_number = n)
          -- A limit that was lowered meanwhile may leave leases beyond it; they count.
          and (select count(*) from slots s where s.provider = slot_take_v1.provider) < most
        order by n limit 1
        returning slot_number into got;
    end if;
    return jsonb_build_object('slot', got, 'wait_s', case when got is null then (
        select extract(epoch from min(s.expires_at) - clock_timestamp())
        from slots s where s.provider = slot_take_v1.provider) end);
end
$$;
revoke all on function private.slot_take_v1(text, integer, uuid, double precision) from public, authenticated;
grant execute on function private.slot_take_v1(text, integer, uuid, double precision) to authenticated, studio_worker;
