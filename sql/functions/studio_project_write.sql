-- A session out of a project archive, with all that belongs to it, under the caller; its files are kept already. Ids
-- stay. A character or a generation that is here is left as it is; answers with the characters that were added.
create or replace function studio_project_write_v1(kinds jsonb)
returns jsonb language plpgsql set search_path = public as $$
declare
    mine constant jsonb := jsonb_build_object('owner', private.studio_of_v1());
    held constant uuid := (kinds #>> '{sessions,0,id}')::uuid;
    ours constant jsonb := mine || jsonb_build_object('session_id', held);
    added jsonb;
begin
    if exists (select from sessions s where s.id = held) then
        perform private.fail_v1('PT400', 'BadInput', 'There is a session of this id here already. Nothing was changed.');
    end if;
    with made as (
        insert into characters select c.* from jsonb_array_elements(kinds -> 'characters') r,
            jsonb_populate_record(null::characters, r || mine) c
        on conflict do nothing returning id
    ) select coalesce(jsonb_agg(id order by id), '[]') into added from made;
    insert into voice_profiles select p.* from jsonb_array_elements(kinds -> 'voice_profiles') r,
        jsonb_populate_record(null::voice_profiles, r || mine || jsonb_build_object('id', private.uuid7())) p
    where added ? p.character_id;
    insert into generations select g.* from jsonb_array_elements(kinds -> 'generations') r,
        jsonb_populate_record(null::generations, r || mine) g
    on conflict do nothing;
    insert into provider_answers select a.* from jsonb_array_elements(kinds -> 'provider_answers') r,
        jsonb_populate_record(null::provider_answers, r || mine) a
    on conflict do nothing;
    insert into sessions select s.* from jsonb_populate_record(null::sessions, kinds #> '{sessions,0}' || mine) s;
    insert into script_versions select v.* from jsonb_array_elements(kinds -> 'script_versions') r,
        jsonb_populate_record(null::script_versions, r || ours) v;
    insert into beats select b.* from jsonb_array_elements(kinds -> 'beats') r,
        jsonb_populate_record(null::beats, r || ours) b;
    insert into takes select t.* from jsonb_array_elements(kinds -> 'takes') r,
        jsonb_populate_record(null::takes, r || ours) t;
    insert into selections select c.* from jsonb_array_elements(kinds -> 'selections') r,
        jsonb_populate_record(null::selections, r || mine) c;
    insert into take_marks select m.* from jsonb_array_elements(kinds -> 'take_marks') r,
        jsonb_populate_record(null::take_marks, r || mine) m;
    insert into take_parts select p.* from jsonb_array_elements(kinds -> 'take_parts') r,
        jsonb_populate_record(null::take_parts, r || mine) p;
    insert into ledger select l.* from jsonb_array_elements(kinds -> 'ledger') r,
        jsonb_populate_record(null::ledger, r || ours) l
    on conflict do nothing;
    insert into exports select x.* from jsonb_array_elements(kinds -> 'exports') r,
        jsonb_populate_record(null::exports, r || ours) x;
    insert into edits select e.* from jsonb_array_elements(kinds -> 'edits') r,
        jsonb_populate_record(null::edits, r || ours) e;
    -- Foreign keys let rows point into another session of the caller's; an archive that has some is not one of ours.
    if exists (select from takes t join beats b on b.id = t.beat where t.session_id = held and b.session_id <> held)
       or exists (select from jsonb_array_elements((kinds -> 'take_marks') || (kinds -> 'take_parts')) r
                  where not exists (select from takes t where t.id = (r ->> 'take')::uuid and t.session_id = held))
       or exists (select from jsonb_array_elements(kinds -> 'selections') r
                  where not exists (select from beats b where b.id = (r ->> 'beat')::uuid and b.session_id = held)) then
        perform private.fail_v1('PT400', 'BadInput', 'The archive has rows of another session. Nothing was changed.');
    end if;
    return jsonb_build_object('added', added);
exception
    -- Ids are unique in the whole database, and whose a row is can't be seen from here.
    when unique_violation then
        perform private.fail_v1('PT400', 'BadInput',
            'Somebody else of this studio has a session of this id, or one of its rows. Nothing was changed.');
end
$$;
