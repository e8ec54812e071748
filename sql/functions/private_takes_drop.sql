-- Drops what is still queued of a session (or only the named takes and exports). What is being generated goes on and is kept.
create or replace function private.takes_drop_v1(session uuid, only_takes uuid[])
returns integer language plpgsql set search_path = public as $$
declare
    dropped uuid[];
begin
    with gone as (
        update takes t set status = 'cancelled', finished_at = now(), waiting = null
        where t.session_id = session and t.status = 'queued' and (only_takes is null or t.id = any (only_takes))
        returning t.id)
    select coalesce(array_agg(id), '{}') into dropped from gone;
    if only_takes is null then
        with gone as (
            update exports x set status = 'cancelled', finished_at = now()
            where x.session_id = session and x.status = 'queued' returning x.id)
        select dropped || coalesce(array_agg(id), '{}') into dropped from gone;
    end if;
    perform private.job_drop_v1(dropped);
    return cardinality(dropped);
end
$$;
