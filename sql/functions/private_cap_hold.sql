-- The last gate before a paid call: stops when the money already spent plus this call would pass the session's cap.
create or replace function private.cap_hold_v1(session uuid, call_usd numeric)
returns void language plpgsql set search_path = public as $$
declare
    cap numeric;
    spent numeric;
begin
    select s.cap_usd into cap from sessions s where s.id = session;
    if cap is null or call_usd = 0 then
        return;
    end if;
    select coalesce(sum(l.usd), 0) into spent from ledger l where l.session_id = session and l.kind = 'actual';
    if spent + call_usd > cap then
        perform private.fail_v1('PT400', 'CapReached',
            format('$%s of the episode''s cap of $%s is spent; this line would cost about $%s more. Raise the cap on the '
                   'Sessions page to go on.', round(spent, 2), round(cap, 2), round(call_usd, 4)));
    end if;
end
$$;
