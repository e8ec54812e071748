-- One export's row.
create or replace function studio_export_v1(export uuid)
returns jsonb language plpgsql stable set search_path = public as $$
declare
    answer jsonb;
begin
    select private.export_json_v1(x) into answer from exports x where x.id = export;
    if answer is null then
        perform private.fail_v1('PT404', 'NotFound', 'There is no such export here.');
    end if;
    return answer;
end
$$;
