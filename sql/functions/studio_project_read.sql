-- A session with all that belongs to it, rows by kind as they lie, for a project archive. Whose they are is left out, and
-- so is what only an attempt under way has. Refused while something is being made: what is bought then would be missing.
create or replace function studio_project_read_v1(session uuid)
returns jsonb language plpgsql stable set search_path = public set timezone = 'UTC' as $$
declare
    held sessions := private.session_row_v1(session);
    told jsonb;
begin
    if exists (select from takes t where t.session_id = held.id and t.status in ('queued', 'generating'))
       or exists (select from exports x where x.session_id = held.id and x.status in ('queued', 'generating')) then
        perform private.fail_v1('PT400', 'BadInput',
            format('Something is being made in "%s". Wait for it or cancel it, then export.', held.title));
    end if;
    with used as (
        select p.key from take_parts p join takes t on t.id = p.take where t.session_id = held.id
        union select l.key from ledger l where l.session_id = held.id and l.key is not null
    ), made as (select g.* from generations g join used using (key)
    ), files as (
        select t.audio_sha256 as sha256 from takes t where t.session_id = held.id
        union select x.file_sha256 from exports x where x.session_id = held.id
        union select m.payload_sha256 from made m
    ), speakers as (
        select c.* from characters c
        where exists (select from beats b where b.session_id = held.id
                      and jsonb_path_exists(
                          b.content, '$.**.character ? (@ == $named)', jsonb_build_object('named', c.id)))
    ), listed as (
        select 'sessions' as kind, to_jsonb(held) as facts, '' as place
        union all select 'script_versions', to_jsonb(v), lpad(v.number::text, 10, '0')
        from script_versions v where v.session_id = held.id
        union all select 'beats', to_jsonb(b), b.id::text from beats b where b.session_id = held.id
        union all select 'takes', to_jsonb(t), t.id::text from takes t where t.session_id = held.id
        union all select 'selections', to_jsonb(c), c.beat::text
        from selections c join beats b on b.id = c.beat where b.session_id = held.id
        union all select 'take_marks', to_jsonb(m), m.take::text
        from take_marks m join takes t on t.id = m.take where t.session_id = held.id
        union all select 'take_parts', to_jsonb(p), p.take::text || lpad(p.ordinal::text, 10, '0')
        from take_parts p join takes t on t.id = p.take where t.session_id = held.id
        union all select 'ledger', to_jsonb(l), l.id::text from ledger l where l.session_id = held.id
        union all select 'exports', to_jsonb(x), x.id::text from exports x where x.session_id = held.id
        union all select 'edits', to_jsonb(e), e.id::text from edits e where e.session_id = held.id
        union all select 'generations', to_jsonb(m), m.key from made m
        union all select 'provider_answers', to_jsonb(a), a.engine || ' ' || a.request_id
        from provider_answers a join made m using (key)
        union all select 'characters', to_jsonb(s), s.id from speakers s
        union all select 'voice_profiles', to_jsonb(p) - 'id', p.character_id || lpad(p.version::text, 10, '0')
        from voice_profiles p join speakers s on s.id = p.character_id
        union all select 'blobs', to_jsonb(f) - 'created_at', f.sha256 from blobs f join files using (sha256)
    )
    select jsonb_object_agg(kinds.kind, kinds.facts) into told
    from (select kind, jsonb_agg(facts - 'owner' - 'claim' - 'lease_until' - 'actor_name' order by place collate "C") as facts
          from listed group by kind) kinds;
    return told;
end
$$;
