-- Uses a yes up, or refuses: it must be granted, not expired, not used, and cover the cost. One use, whoever comes first.
create or replace function private.approval_spend_v1(held approvals, usd numeric)
returns void language plpgsql set search_path = public as $$
begin
    if held.id is null or held.status <> 'granted' or held.expires_at <= clock_timestamp() then
        perform private.fail_v1('PT403', 'NeedsApproval',
            format('The producer''s yes to this is missing, expired or used (%s).', coalesce(held.status, 'never asked')));
    elsif round(usd, 6) > held.cap_usd then  -- costs come as floating point numbers
        perform private.fail_v1('PT403', 'NeedsApproval',
            format('The producer''s yes covers $%s; this would cost about $%s. Ask again.',
                   round(held.cap_usd, 4), round(usd, 4)));
    end if;
    update approvals a set status = 'used', used_at = now() where a.id = held.id;
end
$$;
