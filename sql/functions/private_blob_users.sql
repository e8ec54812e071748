-- Where files are used, for a report on damage: [{sha256, used_in, rows}]. For upkeep alone.
create or replace function private.blob_users_v1(hashes text[])
returns jsonb language sql stable security definer set search_path = public, pg_temp as $$
    select coalesce(jsonb_agg(to_jsonb(u) order by u.sha256, u.used_in), '[]')
    from (select r.sha256, r.used_in, count(*) as rows
          from private.blob_references_v1() r where r.sha256 = any (hashes) group by r.sha256, r.used_in) u
$$;
revoke all on function private.blob_users_v1(text[]) from public, authenticated;
grant execute on function private.blob_users_v1(text[]) to studio_login;
