-- A worker takes a take in hand under its claim. {go: true, take, beat, ...}, or {go: false, why, wait_s}: 'settled'
-- (done, failed or cancelled meanwhile), 'busy' (another worker's lease still runs for wait_s).
create or replace function studio_take_start_v1(take uuid, claim uuid, lease_s double precision)
returns jsonb language plpgsql set search_path = public as $$
declare
    held takes;
    on_beat beats;
begin
    -- A start that a crash of the database undoes is made again under the same claim; what is paid for waits for
    -- its own commit, and that brings this one to the disk as well.
    perform set_config('synchronous_commit', 'off', true);
    select * into held from takes t where t.id = studio_take_start_v1.take for no key update;
    if held.id is null or held.status in ('done', 'failed', 'cancelled') then
        return jsonb_build_object('go', false, 'why', 'settled');
    elsif held.status = 'generating' and held.claim <> studio_take_start_v1.claim and held.lease_until > clock_timestamp() then
        return jsonb_build_object('go', false, 'why', 'busy',
            'wait_s', extract(epoch from held.lease_until - clock_timestamp()));
    end if;
    update takes t set status = 'generating', claim = studio_take_start_v1.claim, waiting = null,
        lease_until = clock_timestamp() + make_interval(secs => lease_s), started_at = coalesce(t.started_at, clock_timestamp())
    where t.id = held.id returning * into held;
    select * into on_beat from beats b where b.id = held.beat;
    return jsonb_build_object('go', true, 'session', held.session_id, 'beat_id', on_beat.beat_id, 'plan', held.plan,
                              'number', held.number);
end
$$;
