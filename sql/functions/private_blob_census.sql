-- All files of all owners, for upkeep alone: {blobs: [{sha256, bytes, unused_days}], missing: [{sha256, used_in}]}.
-- `unused_days` is null while something refers to the file, or else the days since any owner put it last.
-- `missing` are references to files that no row of blobs knows.
create or replace function private.blob_census_v1()
returns jsonb language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
    census jsonb;
begin
    with used as materialized (select r.used_in, r.owner, r.sha256 from private.blob_references_v1() r),
    kept as (
        select b.sha256, max(b.bytes) as bytes,
               case when not exists (select from used u where u.sha256 = b.sha256)
                    then extract(epoch from now() - max(b.created_at)) / 86400 end as unused_days
        from blobs b group by b.sha256),
    lost as (
        select distinct u.sha256, u.used_in from used u
        where not exists (select from blobs b where b.sha256 = u.sha256 and b.owner = u.owner))
    select jsonb_build_object(
        'blobs', coalesce((select jsonb_agg(to_jsonb(k) order by k.sha256) from kept k), '[]'),
        'missing', coalesce((select jsonb_agg(to_jsonb(l) order by l.sha256, l.used_in) from lost l), '[]'))
    into census;
    return census;
end
$$;
revoke all on function private.blob_census_v1() from public, authenticated;
grant execute on function private.blob_census_v1() to studio_login;
