-- Raises one of the studio's own errors: the HTTP-like code both transports know, and the class in the detail.
create or replace function private.fail_v1(code text, error text, message text, facts jsonb default '{}')
returns void language plpgsql set search_path = public as $$
begin
    raise exception using errcode = code, message = message, detail = (facts || jsonb_build_object('error', error))::text;
end
$$;
