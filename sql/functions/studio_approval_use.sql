-- Uses up the yes to this tool with these arguments. Raises NeedsApproval when there is none that covers it.
create or replace function studio_approval_use_v1(tool text, arguments jsonb, usd numeric default 0)
returns jsonb language plpgsql set search_path = public as $$
declare
    held approvals;
begin
    select * into held from approvals a
    where a.tool = studio_approval_use_v1.tool and a.arguments_sha256 = private.arguments_hash_v1(studio_approval_use_v1.arguments)
      and a.status = 'granted' for update;
    perform private.approval_spend_v1(held, coalesce(usd, 0));
    return jsonb_build_object('id', held.id);
end
$$;
