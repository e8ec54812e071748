-- Tells a job worker to `drain` (take nothing new, end when its jobs are done) or to `stop` (end soon); whether it was there
-- to hear it. Workers serve everybody, so only the local user may: whoever works on the studio's own machine.
create or replace function private.worker_tell_v1(worker uuid, told text)
returns boolean language plpgsql security definer set search_path = private, pg_temp as $$
declare
    kept boolean;
begin
    if auth.uid() is distinct from '00000000-0000-7000-8000-000000000001' then
        raise exception 'Job workers serve everybody here: end them with `viraltracker worker drain` on the server.'
            using errcode = 'PT403';
    end if;
    if told is null or told not in ('drain', 'stop') then
        raise exception 'A job worker is told to drain or to stop.' using errcode = 'PT400';
    end if;
    update workers w set told = worker_tell_v1.told
    where w.id = worker and not w.kept and w.seen_at > clock_timestamp() - interval '1 minute';
    if found then
        return true;
    end if;
    select w.kept into kept from workers w where w.id = worker;
    if kept then
        raise exception 'That job worker is the studio''s own: it ends with the studio, which would start it again.'
            using errcode = 'PT409';
    end if;
    return false;
end
$$;
revoke all on function private.worker_tell_v1(uuid, text) from public, authenticated;
grant execute on function private.worker_tell_v1(uuid, text) to authenticated;
