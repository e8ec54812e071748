-- Writes an export and puts its job into the queue. `picks` says which take each beat has (or null), `beats` is the list
-- of what goes in, in order: what is exported is settled now, whatever is edited while it waits. One of a kind at a time per session: a second press gets the first.
create or replace function studio_export_request_v1(
    session uuid, deliverable text, options jsonb, picks jsonb, beats jsonb, filename text)
returns jsonb language plpgsql set search_path = public as $$
declare
    held sessions := private.session_row_v1(session, true);
    made uuid;
begin
    insert into exports (session_id, kind, options, picks, beats, script_number, filename)
    values (held.id, deliverable, studio_export_request_v1.options, studio_export_request_v1.picks,
            studio_export_request_v1.beats, held.script_number, studio_export_request_v1.filename)
    on conflict (session_id, kind) where status in ('queued', 'generating') do nothing
    returning id into made;
    if made is null then
        return jsonb_build_object('already', true, 'id', (
            select x.id from exports x where x.session_id = held.id and x.kind = deliverable
            and x.status in ('queued', 'generating')));
    end if;
    perform private.job_enqueue_v1('episode.export', 'cpu',
        jsonb_build_object('export_id', made, 'owner', held.owner), 10, 'export:' || made);
    return jsonb_build_object('already', false, 'id', made);
end
$$;
