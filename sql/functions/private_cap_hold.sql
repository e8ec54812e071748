-- The last gate before a paid call, whose intent is written already: stops when the money that is spent and what the
-- calls under way are expected to cost would together pass the session's cap.
create or replace function private.cap_hold_v1(session uuid, call_usd numeric)
returns void language plpgsql set search_path = public as $$
declare
    cap numeric;
    spent numeric;
    under_way numeric;
begin
    select s.cap_usd into cap from sessions s where s.id = session;
    if cap is null or call_usd = 0 then
        return;
    end if;
    -- One caller of a capped session at a time: two that look at once would both find room for themselves.
    select s.cap_usd into cap from sessions s where s.id = session for no key update;
    select coalesce(sum(l.usd), 0) into spent from ledger l where l.session_id = session and l.kind = 'actual';
    select coalesce(sum(g.usd), 0) into under_way
    from takes t join generations g on g.owner = t.owner and g.claim = t.claim and g.status = 'intent'
    where t.session_id = session and t.status = 'generating';
    if spent + under_way > cap then
        perform private.fail_v1('PT400', 'CapReached',
            format('$%s of the episode''s cap of $%s is spent or being spent; this line would cost about $%s more. Raise '
                   'the cap on the Sessions page to go on.',
                   round(spent + under_way - call_usd, 2), round(cap, 2), round(call_usd, 4)));
    end if;
end
$$;
