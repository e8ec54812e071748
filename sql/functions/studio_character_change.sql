-- Changes what is known of a character beside the voice: role, aliases, colours.
create or replace function studio_character_change_v1(id text, facts jsonb)
returns jsonb language plpgsql set search_path = public as $$
declare
    made text;
begin
    update characters c set facts = studio_character_change_v1.facts
    where c.id = studio_character_change_v1.id returning c.id into made;
    if made is null then
        perform private.fail_v1('PT404', 'NotFound', format('There is no character "%s".', studio_character_change_v1.id));
    end if;
    return jsonb_build_object('id', made);
end
$$;
