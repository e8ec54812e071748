-- An export as the studio reads it. `changed`: how many beats of the script have another pick now than it was made from.
create or replace function private.export_json_v1(x exports)
returns jsonb language sql stable set search_path = public as $$
    select to_jsonb(x) - 'owner' - 'claim' - 'lease_until' - 'picks' - 'beats' || jsonb_build_object('changed', (
        select count(*) from beats b left join selections c on c.beat = b.id
        where b.session_id = x.session_id and b.position is not null
        and c.take::text is distinct from x.picks ->> b.id::text))
$$;
