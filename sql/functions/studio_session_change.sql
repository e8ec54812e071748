-- Renames, archives, deletes into the trash or brings back; `change` holds just what shall differ:
-- title, project, cap_usd (null: no cap), archived, deleted, completed (the producer's own word).
create or replace function studio_session_change_v1(session uuid, change jsonb)
returns jsonb language plpgsql set search_path = public as $$
declare
    held sessions := private.session_row_v1(session);
    unknown text;
begin
    select string_agg(k, ', ') into unknown from jsonb_object_keys(change) k
    where k not in ('title', 'project', 'cap_usd', 'archived', 'deleted', 'completed');
    if unknown is not null then
        perform private.fail_v1('PT400', 'BadInput', format('A session has no "%s" to change.', unknown));
    end if;
    update sessions s set
        title = coalesce(change ->> 'title', s.title),
        project = coalesce(change ->> 'project', s.project),
        cap_usd = case when change ? 'cap_usd' then (change ->> 'cap_usd')::numeric else s.cap_usd end,
        archived_at = case when not change ? 'archived' then s.archived_at
                           when (change ->> 'archived')::boolean then coalesce(s.archived_at, now()) end,
        deleted_at = case when not change ? 'deleted' then s.deleted_at
                          when (change ->> 'deleted')::boolean then coalesce(s.deleted_at, now()) end,
        completed_at = case when not change ? 'completed' then s.completed_at
                            when (change ->> 'completed')::boolean then coalesce(s.completed_at, now()) end,
        updated_at = now()
    where s.id = held.id returning * into held;
    if held.deleted_at is not null then
        perform private.takes_drop_v1(held.id, null);
    end if;
    return private.session_json_v1(held, true);
end
$$;
