-- One question, open or answered, by its id.
create or replace function studio_approval_v1(approval uuid)
returns jsonb language sql set search_path = public as $$
    select private.approval_json_v1(private.approval_row_v1(approval))
$$;
