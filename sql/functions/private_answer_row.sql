-- The provider's answer with this request id; it belongs to the generation that names it first. Nothing without an id.
create or replace function private.answer_row_v1(engine text, request_id text, key text)
returns provider_answers language plpgsql set search_path = public as $$
declare
    held provider_answers;
begin
    if answer_row_v1.request_id is null then
        return null;
    end if;
    insert into provider_answers (engine, request_id, key)
    values (answer_row_v1.engine, answer_row_v1.request_id, answer_row_v1.key)
    on conflict on constraint provider_answers_pkey do nothing;
    select * into held from provider_answers a
    where a.engine = answer_row_v1.engine and a.request_id = answer_row_v1.request_id;
    return held;
end
$$;
