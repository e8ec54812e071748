-- A new version of a character's voice profile becomes the active one; the old ones stay as history.
create or replace function studio_profile_save_v1(speaker text, based_on integer, profile jsonb)
returns jsonb language plpgsql set search_path = public as $$
declare
    held voice_profiles;
    latest integer;
begin
    -- One save of a voice at a time; by its own row a save that waited would find no active version any more.
    perform from characters c where c.id = studio_profile_save_v1.speaker for no key update;
    select * into held from voice_profiles p
    where p.character_id = studio_profile_save_v1.speaker and p.active;
    if held.id is null then
        perform private.fail_v1('PT404', 'NotFound', format('There is no character "%s".', studio_profile_save_v1.speaker));
    elsif held.version <> based_on then
        perform private.fail_v1('PT409', 'Conflict',
            format('The voice of "%s" was changed meanwhile. Look at it again, then save.', studio_profile_save_v1.speaker),
            jsonb_build_object('theirs', held.profile, 'yours', studio_profile_save_v1.profile, 'version', held.version));
    elsif held.profile = studio_profile_save_v1.profile then
        return jsonb_build_object('version', held.version, 'changed', false);
    end if;
    select max(p.version) into latest from voice_profiles p where p.character_id = held.character_id;
    update voice_profiles p set active = false where p.id = held.id;
    insert into voice_profiles (character_id, version, active, profile)
    values (held.character_id, latest + 1, true, studio_profile_save_v1.profile);
    return jsonb_build_object('version', latest + 1, 'changed', true);
end
$$;
