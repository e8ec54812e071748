-- Every file that any row of any owner refers to, and from where ("takes.audio_sha256"). A column is a reference when its
-- name ends in _sha256, so a new table can't be forgotten. For upkeep alone: it looks past row level security, and it
-- refuses to answer when it can't, since files that seem to be unused would be thrown away.
create or replace function private.blob_references_v1()
returns table (used_in text, owner uuid, sha256 text)
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
    blinded text;
    query text;
begin
    select string_agg(c.relname, ', ' order by c.relname) into blinded
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and row_security_active(c.oid)
      and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'studio_upkeep');
    if blinded is not null then
        raise exception 'Upkeep can''t see all rows of %. Run "viraltracker migrate" as the owner of the tables.', blinded
            using errcode = 'PT403';
    end if;
    select string_agg(
        format('select %L, owner, %I from public.%I where %I is not null',
               c.relname || '.' || a.attname, a.attname, c.relname, a.attname), ' union all ')
    into query
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and a.attname like '%\_sha256' and not a.attisdropped;
    if query is not null then
        return query execute query;
    end if;
end
$$;
revoke all on function private.blob_references_v1() from public, authenticated;
