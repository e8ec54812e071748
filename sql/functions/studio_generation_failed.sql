-- The call came back with an error: the intent is lifted, so that the next attempt may call. `charge` {characters, usd}
-- is what the provider took for a useless answer; it is written down like any other.
create or replace function studio_generation_failed_v1(take uuid, key text, claim uuid, error jsonb, charge jsonb default null)
returns jsonb language plpgsql set search_path = public as $$
declare
    held generations;
begin
    update generations g set status = 'failed', error = studio_generation_failed_v1.error
    where g.key = studio_generation_failed_v1.key and g.claim = studio_generation_failed_v1.claim and g.status = 'intent'
    returning * into held;
    if jsonb_typeof(charge) = 'object' then
        insert into ledger (session_id, take, key, kind, engine, characters, usd, exact)
        select t.session_id, t.id, g.key, 'actual', g.engine, (charge ->> 'characters')::integer,
               (charge ->> 'usd')::numeric, false
        from generations g left join takes t on t.id = studio_generation_failed_v1.take
        where g.key = studio_generation_failed_v1.key;
    end if;
    return jsonb_build_object('lifted', held.key is not null);
end
$$;
