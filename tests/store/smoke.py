"""The store's promises asked of a hosted Supabase project, which is left as it was found.

    SUPABASE_URL=... SUPABASE_KEY=... SUPABASE_JWT_SECRET=... DATABASE_URL=... make smoke-supabase

`DATABASE_URL` logs in as the project's own `postgres`. The studio's tables are made first where they are
missing. Each test has an owner of its own, whose rows and files go with it, as do the functions that it made.
"""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr
from storage3 import AsyncStorageClient

from tests.postgres import SQL_ROOT, vendors
from viraltracker.store import Actor, Hosted, Project, Seat, migrate

__all__ = [
    "NAMES",
    "OWNED",
    "admin_url",
    "hosted_project",
    "is_wanted",
    "main",
    "migrated",
    "other_store",
    "owner",
    "rows",
    "store",
]

NAMES = ("SUPABASE_URL", "SUPABASE_KEY", "SUPABASE_JWT_SECRET", "DATABASE_URL")
_MARK = "SMOKE_"
"""The tests' environment is scrubbed of the studio's own names."""
_BUCKET = "viraltracker"
OWNED = """
    select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attname = 'owner'
"""
_FUNCTIONS = "select oid::regprocedure::text from pg_proc where pronamespace = 'public'::regnamespace"


def is_wanted() -> bool:
    """Whether this run of the tests is about a hosted project."""
    return _MARK + NAMES[0] in os.environ


def main(environment: Mapping[str, str], *more: str) -> int:
    """Run the store's contract against the project that `environment` names; 2 where it names none."""
    missing = [name for name in NAMES if not environment.get(name)]
    if missing:
        sys.stderr.write(f"Nothing was asked of any project. Set {', '.join(missing)} too.\n")
        return 2
    told = {_MARK + name: environment[name] for name in NAMES}
    command = [sys.executable, "-m", "pytest", "tests/store/contract", *more]
    return subprocess.run(command, env={**environment, **told}, check=False).returncode


def _told(name: str) -> str:
    return os.environ[_MARK + name]


@pytest.fixture(scope="session")
def migrated() -> str:
    """The project's database with the studio's tables in it."""
    migrate(_told("DATABASE_URL"), SQL_ROOT, vendors())
    return _told("DATABASE_URL")


@pytest.fixture
def admin_url(migrated: str) -> Iterator[str]:
    """The project's database. Functions that a test makes go with it."""
    with psycopg.connect(migrated, autocommit=True) as connection:
        before = set(connection.execute(_FUNCTIONS).fetchall())
        yield migrated
        for (function,) in set(connection.execute(_FUNCTIONS).fetchall()) - before:
            connection.execute(f"drop function {function}".encode())
        connection.execute("notify pgrst, 'reload schema'")


@pytest.fixture
async def hosted_project(migrated: str) -> AsyncIterator[Project]:
    """The project, as the studio reaches it."""
    keys = SecretStr(_told("SUPABASE_KEY")), SecretStr(_told("SUPABASE_JWT_SECRET"))
    async with Project(_told("SUPABASE_URL"), *keys) as opened:
        yield opened


@asynccontextmanager
async def _guest(project: Project, database: str) -> AsyncIterator[UUID]:
    guest = uuid4()
    yield guest
    with psycopg.connect(database, autocommit=True) as connection:
        await _without_files(project, connection, guest)
        _without_rows(connection, guest)


@pytest.fixture
async def owner(hosted_project: Project, migrated: str) -> AsyncIterator[UUID]:
    """Somebody whose rows and files go with the test."""
    async with _guest(hosted_project, migrated) as guest:
        yield guest


async def _without_files(project: Project, connection: psycopg.Connection, owner: UUID) -> None:
    held = connection.execute("select name from storage.objects where starts_with(name, %s)", (f"{owner}/",))
    if names := [name for (name,) in held]:
        headers = project.headers(Seat(owner, owner).claims)
        client = AsyncStorageClient(f"{project.url}/storage/v1/", headers, http_client=project.http)
        await client.from_(_BUCKET).remove(names)


def _without_rows(connection: psycopg.Connection, owner: UUID) -> None:
    left = [name for (name,) in connection.execute(OWNED)]
    for _ in range(len(left)):  # what others point at goes after them
        for table in tuple(left):
            statement = sql.SQL("delete from {} where owner = %s").format(sql.Identifier(table))
            with suppress(psycopg.errors.ForeignKeyViolation):
                connection.execute(statement, (owner,))
                left.remove(table)
    assert left == [], f"rows of a test are left in {left}"


@pytest.fixture
async def rows(hosted_project: Project) -> Hosted:
    """The only transport there is to a hosted project's rows."""
    return Hosted(hosted_project)


@pytest.fixture
def store(rows: Hosted, owner: UUID) -> Actor:
    """The database as the owner sees it."""
    return rows.acting_for(owner)


@pytest.fixture
async def other_store(rows: Hosted, hosted_project: Project, migrated: str) -> AsyncIterator[Actor]:
    """The same database as somebody else sees it."""
    async with _guest(hosted_project, migrated) as guest:
        yield rows.acting_for(guest)


if __name__ == "__main__":
    sys.exit(main(os.environ, *sys.argv[1:]))
