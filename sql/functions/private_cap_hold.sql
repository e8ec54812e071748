-- The last gate before a paid call for a take, whose intent is written already: stops when the money that is spent and
-- what the calls under way are expected to cost would together pass the session's cap, or the cap of the producer's yes
-- that the take was asked for under. A test line (no take) has no cap.
create or replace function private.cap_hold_v2(for_take takes, call_usd numeric)
returns void language plpgsql set search_path = public as $$
declare
    cap numeric;
    yes_cap numeric;
    spent numeric;
    under_way numeric;
begin
    select s.cap_usd into cap from sessions s where s.id = for_take.session_id;
    select a.cap_usd into yes_cap from approvals a where a.id = for_take.batch;
    if call_usd = 0 or coalesce(cap, yes_cap) is null then
        return;
    end if;
    -- One caller of a capped session at a time: two that look at once would both find room for themselves.
    select s.cap_usd into cap from sessions s where s.id = for_take.session_id for no key update;
    if cap is not null then
        select coalesce(sum(l.usd), 0) into spent
        from ledger l where l.session_id = for_take.session_id and l.kind = 'actual';
        select coalesce(sum(g.usd), 0) into under_way
        from takes t join generations g on g.owner = t.owner and g.claim = t.claim and g.status = 'intent'
        where t.session_id = for_take.session_id and t.status = 'generating';
        if spent + under_way > cap then
            perform private.fail_v1('PT400', 'CapReached',
                format('$%s of the episode''s cap of $%s is spent or being spent; this line would cost about $%s more. '
                       'Raise the cap on the Sessions page to go on.',
                       round(spent + under_way - call_usd, 2), round(cap, 2), round(call_usd, 4)));
        end if;
    end if;
    if yes_cap is not null then
        select coalesce(sum(l.usd), 0) into spent
        from ledger l join takes t on t.owner = l.owner and t.id = l.take
        where l.kind = 'actual' and t.session_id = for_take.session_id and t.batch = for_take.batch;
        select coalesce(sum(g.usd), 0) into under_way
        from takes t join generations g on g.owner = t.owner and g.claim = t.claim and g.status = 'intent'
        where t.session_id = for_take.session_id and t.batch = for_take.batch and t.status = 'generating';
        if spent + under_way > yes_cap then
            perform private.fail_v1('PT400', 'CapReached',
                format('The producer''s yes covers $%s, of which $%s is spent or being spent; this line would cost about '
                       '$%s more. Ask for the take again.',
                       round(yes_cap, 4), round(spent + under_way - call_usd, 4), round(call_usd, 4)));
        end if;
    end if;
end
$$;
