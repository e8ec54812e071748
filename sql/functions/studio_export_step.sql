-- A worker's word on an export: step 'start' (take it in hand), 'progress', 'done', 'failed' or 'later'.
-- Answers the export's row, or {go: false} when it is settled or another worker's.
create or replace function studio_export_step_v1(export uuid, claim uuid, step text, facts jsonb default '{}')
returns jsonb language plpgsql set search_path = public as $$
declare
    held exports;
begin
    if step in ('done', 'failed') then
        -- The session before the export, as in a request: else the two wait for each other.
        perform from sessions s where s.id = (select x.session_id from exports x where x.id = export) for no key update;
    end if;
    select * into held from exports x where x.id = export for no key update;
    if held.id is null or held.status in ('done', 'failed', 'cancelled') then
        return jsonb_build_object('go', false, 'why', 'settled');
    elsif held.claim is distinct from studio_export_step_v1.claim
          and (step <> 'start' or held.lease_until > clock_timestamp()) then
        return jsonb_build_object('go', false, 'why', 'busy',
            'wait_s', coalesce(extract(epoch from held.lease_until - clock_timestamp()), 0));
    end if;
    if step = 'done' then
        insert into blobs (sha256, bytes, media_type)
        values (studio_export_step_v1.facts ->> 'sha256', (studio_export_step_v1.facts ->> 'bytes')::bigint,
                studio_export_step_v1.facts ->> 'media_type')
        on conflict do nothing;
    end if;
    update exports x set
        claim = case when step = 'later' then null else studio_export_step_v1.claim end,
        status = case step when 'done' then 'done' when 'failed' then 'failed' when 'later' then 'queued' else 'generating' end,
        lease_until = case when step in ('start', 'progress') then clock_timestamp() + interval '10 s' end,
        started_at = coalesce(x.started_at, clock_timestamp()),
        finished_at = case when step in ('done', 'failed') then clock_timestamp() end,
        progress = case step when 'done' then 1
                   when 'progress' then (studio_export_step_v1.facts ->> 'progress')::real else x.progress end,
        file_sha256 = case when step = 'done' then studio_export_step_v1.facts ->> 'sha256' end,
        facts = case when step = 'done' then studio_export_step_v1.facts else x.facts end,
        error = case when step = 'failed' then studio_export_step_v1.facts end
    where x.id = held.id returning * into held;
    update sessions s set updated_at = now() where s.id = held.session_id and step in ('done', 'failed');
    return jsonb_build_object('go', true) || case when step = 'start' then to_jsonb(held) || (
        select jsonb_build_object('title', s.title, 'project', s.project) from sessions s where s.id = held.session_id)
        else '{}' end;
end
$$;
