-- Adds characters with their first profile: [{id, facts, profile}]. `seed`: those that are there already stay as they
-- are; otherwise an id that is taken is a conflict.
create or replace function studio_character_add_v1(members jsonb, seed boolean default false)
returns jsonb language plpgsql set search_path = public as $$
declare
    item jsonb;
    made text;
begin
    perform pg_advisory_xact_lock(hashtext('cast:' || private.studio_of_v1()));
    for item in select * from jsonb_array_elements(members) loop
        insert into characters (id, position, facts)
        select item ->> 'id', coalesce(max(c.position), 0) + 1, item -> 'facts' from characters c
        on conflict (owner, id) do nothing returning id into made;
        if made is not null then
            insert into voice_profiles (character_id, version, active, profile) values (made, 1, true, item -> 'profile');
        elsif not seed then
            perform private.fail_v1('PT409', 'Conflict',
                format('There is already a character "%s". Choose another name.', item ->> 'id'));
        end if;
    end loop;
    return studio_cast_v1();
end
$$;
