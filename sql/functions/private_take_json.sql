-- One take as the studio reads it; `light` leaves out what only the Takes page draws.
create or replace function private.take_json_v1(t takes, light boolean)
returns jsonb language sql stable set search_path = public as $$
    select jsonb_build_object(
        'id', t.id, 'beat', t.beat, 'number', t.number, 'status', t.status, 'plan', t.plan, 'plan_key', t.plan_key,
        'batch', t.batch, 'parts', t.parts, 'parts_done', t.parts_done, 'audio_sha256', t.audio_sha256,
        'duration_ms', t.duration_ms, 'lufs', t.lufs, 'judgement', t.judgement, 'error', t.error, 'waiting', t.waiting,
        'requested_at', t.requested_at, 'started_at', t.started_at, 'finished_at', t.finished_at,
        'leased', coalesce(t.lease_until > now(), false))
    || case when light then '{}' else jsonb_build_object(
        'revision', t.revision, 'made_from', t.made_from, 'peaks', t.peaks,
        'starred', coalesce((select m.starred from take_marks m where m.take = t.id), false),
        'note', coalesce((select m.note from take_marks m where m.take = t.id), ''),
        'usd', (select sum(l.usd) from ledger l where l.take = t.id and l.kind = 'actual'),
        'reused', (select count(*) from take_parts p where p.take = t.id and p.reused)) end
$$;
