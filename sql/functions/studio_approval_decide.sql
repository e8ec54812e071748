-- A producer's answer. Given once; a question that has expired, or was answered, can't be answered again.
create or replace function studio_approval_decide_v1(approval uuid, granted boolean)
returns jsonb language plpgsql set search_path = public as $$
declare
    held approvals := private.approval_row_v1(approval);
begin
    if held.status <> 'asked' then
        perform private.fail_v1('PT400', 'BadInput', format('This question has been answered or taken back (%s).', held.status));
    elsif held.expires_at <= clock_timestamp() then
        perform private.fail_v1('PT400', 'BadInput', 'This question is too old to be answered. Let the agent ask again.');
    elsif granted is null then
        perform private.fail_v1('PT400', 'BadInput', 'The answer is yes or no.');
    end if;
    update approvals a set status = case when granted then 'granted' else 'refused' end, decided_at = now()
    where a.id = held.id returning * into held;
    return private.approval_json_v1(held);
end
$$;
