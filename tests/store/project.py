"""A new Supabase project: what its database holds before the studio, and the studio's door to it."""

from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from pydantic import SecretStr

from tests.postgres import SQL_ROOT, vendors
from tests.store.gateway import Gateway
from viraltracker.store import Project, migrate

__all__ = ["hosted_project", "project", "project_gateway"]

# After https://supabase.com/docs/guides/storage/schema/design and the project's own definition of auth.uid().
PROJECT = """
create schema auth;
grant usage on schema auth to public;
create function auth.uid() returns uuid language sql stable as $$
    select coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
                    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'))::uuid
$$;
create function auth.jwt() returns jsonb language sql stable as $$
    select coalesce(nullif(current_setting('request.jwt.claim', true), ''),
                    nullif(current_setting('request.jwt.claims', true), ''))::jsonb
$$;
create schema storage;
grant usage on schema storage to authenticated, anon;
create table storage.buckets (
    id text primary key, name text not null, owner uuid, public boolean default false,
    file_size_limit bigint, allowed_mime_types text[]);
create table storage.objects (
    id uuid primary key default gen_random_uuid(), bucket_id text references storage.buckets, name text,
    owner_id text, metadata jsonb, unique (bucket_id, name));
alter table storage.objects enable row level security;
grant all on storage.objects to authenticated, anon;
create function storage.foldername(name text) returns text[] language sql immutable as $$
    select (string_to_array(name, '/'))[1 : cardinality(string_to_array(name, '/')) - 1]
$$;
"""


@pytest.fixture
def project(empty_url: str) -> str:
    """The address of a new project's database."""
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(PROJECT.encode())
    return empty_url


@pytest.fixture
def project_gateway(project: str) -> Iterator[Gateway]:
    """The HTTP door to a project that the studio was brought into."""
    migrate(project, SQL_ROOT, vendors())
    with Gateway(project) as opened:
        yield opened


@pytest.fixture
async def hosted_project(project_gateway: Gateway) -> AsyncIterator[Project]:
    """That project, as the studio reaches it."""
    keys = SecretStr(project_gateway.key), SecretStr(project_gateway.secret)
    async with Project(project_gateway.url, *keys) as opened:
        yield opened
