-- Leases slots at a provider, of which there are `most`, to as many of `holders` as there are free ones, first come
-- first served; the lease of `holders[i]` ends after `ttls_s[i]` seconds. What the caller gives back, `returned`, is
-- free before. Answers {granted, wait_s}: how many of `holders` got one, and, unless all did, in how many seconds the
-- earliest lease ends. Asked again by a holder, its lease is renewed.
create or replace function private.slot_take_v1(
    provider text, most integer, holders uuid[], ttls_s double precision[], returned uuid[] default '{}')
returns jsonb language plpgsql security definer set search_path = private, pg_temp as $$
declare
    wanted integer := cardinality(holders);
    granted integer;
begin
    -- Takers of one provider go one by one, for the length of this transaction: the count below must hold.
    perform pg_advisory_xact_lock(hashtextextended('viraltracker/slots/' || provider, 0));
    delete from slots s
    where s.provider = slot_take_v1.provider
      and (s.expires_at <= clock_timestamp() or s.holder = any (holders || returned));
    -- A limit that was lowered meanwhile may leave leases beyond it; they count.
    granted := least(wanted, greatest(0, most - (
        select count(*)::integer from slots s where s.provider = slot_take_v1.provider)));
    insert into slots (provider, slot_number, holder, expires_at)
    select slot_take_v1.provider, free.slot_number, taker.holder,
           clock_timestamp() + make_interval(secs => taker.ttl_s)
    from (select n as slot_number, row_number() over (order by n) as place
          from generate_series(1, most) n
          where not exists (select from slots s where s.provider = slot_take_v1.provider and s.slot_number = n)) free
    join unnest(holders, ttls_s) with ordinality taker (holder, ttl_s, place) using (place)
    where place <= granted;
    if granted = wanted and cardinality(returned) > 0 then
        perform pg_notify('slots', provider);  -- what was given back may be more than what was taken
    end if;
    return jsonb_build_object('granted', granted, 'wait_s', case when granted < wanted then (
        select extract(epoch from min(s.expires_at) - clock_timestamp())
        from slots s where s.provider = slot_take_v1.provider) end);
end
$$;
revoke all on function private.slot_take_v1(text, integer, uuid[], double precision[], uuid[])
from public, authenticated;
grant execute on function private.slot_take_v1(text, integer, uuid[], double precision[], uuid[])
to authenticated, studio_worker;
