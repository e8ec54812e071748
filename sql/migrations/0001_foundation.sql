-- What everything else stands on: roles, claims, the unexposed schema, who may what by default, and the blobs.
-- On hosted Supabase roles and `auth` are there already and stay as they are.

do $$
declare
    named text;
begin
    foreach named in array array['anon', 'authenticated', 'service_role', 'studio_login', 'studio_worker'] loop
        if not exists (select from pg_roles where rolname = named) then
            begin
                execute format('create role %I nologin noinherit', named);
            exception
                -- Roles belong to the whole cluster: another database's migration may be making them right now.
                when duplicate_object or unique_violation then null;
            end;
        end if;
    end loop;
end
$$;

-- Whoever connects as studio_login (or as a member of it) may become a signed-in user, a stranger or a worker; and so
-- may whoever migrates, whose login the studio uses where it has no other.
do $$
declare
    named text;
begin
    foreach named in array array['anon', 'authenticated', 'studio_worker'] loop
        begin
            execute format('grant %I to studio_login, %I', named, current_user);
        exception
            -- A hosted database may keep its own roles to itself; it has granted them to its owner then.
            when insufficient_privilege then null;
        end;
    end loop;
end
$$;

create schema if not exists private;
grant usage on schema private to authenticated, studio_login, studio_worker;
grant usage on schema public to anon, authenticated, studio_login, studio_worker;
revoke create on schema public from public;

-- A function is callable by signed-in users and nobody else, unless its file says so; a table's rows by what row level
-- security allows.
alter default privileges revoke execute on functions from public;
alter default privileges in schema public revoke execute on functions from anon;
alter default privileges in schema public grant execute on functions to authenticated;
alter default privileges in schema private grant execute on functions to authenticated;
alter default privileges in schema public revoke all on tables from anon;
alter default privileges in schema public grant select, insert, update, delete on tables to authenticated;
alter default privileges in schema public grant usage on sequences to authenticated;

do $$
begin
    if not exists (select from pg_namespace where nspname = 'auth') then
        create schema auth;
        grant usage on schema auth to anon, authenticated, service_role, studio_login, studio_worker;
    end if;
    if to_regprocedure('auth.jwt()') is null then
        create function auth.jwt() returns jsonb language sql stable as
            'select nullif(current_setting(''request.jwt.claims'', true), '''')::jsonb';
        grant execute on function auth.jwt() to public;
    end if;
    if to_regprocedure('auth.uid()') is null then
        create function auth.uid() returns uuid language sql stable as
            'select (nullif(current_setting(''request.jwt.claims'', true), '''')::jsonb ->> ''sub'')::uuid';
        grant execute on function auth.uid() to public;
    end if;
end
$$;

-- Ids that grow with time (RFC 9562, version 7). Postgres 18 has them and keeps their order within one connection;
-- before, the time to the microsecond takes the place of its counter.
do $make$
begin
    if to_regprocedure('pg_catalog.uuidv7()') is not null then
        create function private.uuid7() returns uuid language sql volatile as 'select uuidv7()';
    else
        create function private.uuid7() returns uuid language sql volatile as $body$
            with now_us as (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as us),
            parts as (
                select substring(int8send(us / 1000) from 3) as ms,
                       int2send((28672 | ((us % 1000) * 4096 / 1000))::integer::smallint) as fraction,
                       substring(uuid_send(gen_random_uuid()) from 9) as chance
                from now_us)
            select encode(ms || fraction || chance, 'hex')::uuid from parts
        $body$;
    end if;
end
$make$;

-- Audio and other files, by the hash of what is in them. A row says that its owner may have it; the bytes lie outside.
create table blobs (
    owner      uuid        not null default auth.uid(),
    sha256     text        not null check (sha256 ~ '^[0-9a-f]{64}$'),
    bytes      bigint      not null check (bytes >= 0),
    media_type text        not null check (length(media_type) between 3 and 100),
    created_at timestamptz not null default now(),
    primary key (owner, sha256)
);
alter table blobs enable row level security;
alter table blobs force row level security;
create policy owner_only on blobs to authenticated
    using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
