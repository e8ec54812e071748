-- A session's charges, newest first, and the sums by engine.
create or replace function studio_ledger_v1(session uuid)
returns jsonb language sql stable set search_path = public as $$
    select jsonb_build_object(
        'sums', (select coalesce(jsonb_agg(to_jsonb(z)), '[]') from (
            select engine, kind, sum(characters) as characters, sum(usd) as usd, count(*) as lines
            from ledger where session_id = session group by engine, kind order by engine, kind) z),
        'lines', (select coalesce(jsonb_agg(to_jsonb(l) - 'owner' order by l.at desc), '[]') from (
            select * from ledger where session_id = session order by at desc limit 500) l))
$$;
