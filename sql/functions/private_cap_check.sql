-- Refuses when what was spent, what is under way and `more_usd` together would pass the session's cap.
create or replace function private.cap_check_v1(session uuid, more_usd numeric)
returns void language plpgsql set search_path = public as $$
declare
    held sessions;
    spent numeric;
    under_way numeric;
begin
    select * into held from sessions s where s.id = session for no key update;
    if held.cap_usd is null or more_usd = 0 then
        return;
    end if;
    select coalesce(sum(l.usd), 0) into spent from ledger l where l.session_id = session and l.kind = 'actual';
    select coalesce(sum((t.plan ->> 'usd')::numeric), 0) into under_way
    from takes t where t.session_id = session and t.status in ('queued', 'generating');
    if spent + under_way + more_usd > held.cap_usd then
        perform private.fail_v1('PT400', 'CapReached',
            format('This would cost about $%s; $%s of the episode''s cap of $%s is spent and $%s is under way. Raise the '
                   'cap on the Sessions page, or generate fewer beats.',
                   round(more_usd, 2), round(spent, 2), round(held.cap_usd, 2), round(under_way, 2)));
    end if;
end
$$;
