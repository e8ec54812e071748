-- An answer out of the provider's history is adopted for the generation in doubt, so that no other may have it. 'adopted' ·
-- 'taken' (it is another generation's) · 'lost' (another claim is clearing the doubt now).
create or replace function studio_generation_adopt_v1(key text, claim uuid, request_id text)
returns jsonb language plpgsql set search_path = public as $$
declare
    held generations;
    answer provider_answers;
begin
    select * into held from generations g
    where g.key = studio_generation_adopt_v1.key and g.claim = studio_generation_adopt_v1.claim and g.status = 'intent'
    for no key update;
    if held.key is null then
        return jsonb_build_object('state', 'lost');
    end if;
    answer := private.answer_row_v1(held.engine, studio_generation_adopt_v1.request_id, held.key);
    return jsonb_build_object('state', case when answer.key = held.key then 'adopted' else 'taken' end);
end
$$;
