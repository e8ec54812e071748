"""Real Postgres for tests: one embedded server a session (and a worker of xdist), a fresh database a test.

A plugin: the root conftest names it in `pytest_plugins`. The studio's migrations run once, into a template; a
test's database is a copy of it. Fixtures: `database_url`, `admin_url`, `postgres`, `owner`, `store`,
`other_store`, `data_folder`, `postgres_server`, `empty_url`.
"""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from viraltracker.store import Actor, EmbeddedPostgres, Postgres, Vendor, migrate

SQL_ROOT = Path(__file__).parents[1] / "sql"
# Copying a database takes 14 ms there, and 25 to 500 ms on a disk that others use too.
MEMORY = Path("/dev/shm")
_ROOMY_BYTES = 2_000_000_000
# A test's database needn't outlive the machine.
_HASTY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "autovacuum": "off"}
_numbers = count(1)


def vendors() -> tuple[Vendor, ...]:
    """The libraries' own tables, as the studio hands them to the migrations."""
    # Here, so that a test of something else doesn't need the queue's package to be importable.
    from viraltracker.jobs.schema import QUEUE_SCHEMA, queue_schema_sql, queue_schema_version

    return (Vendor(QUEUE_SCHEMA, queue_schema_version(), queue_schema_sql()),)


def short_folder() -> Path:
    """A new folder for a studio's data, its path short enough for a socket and open enough for root's use."""
    in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > _ROOMY_BYTES
    folder = Path(tempfile.mkdtemp(prefix="vt-", dir=MEMORY if in_memory else None))
    folder.chmod(0o711)
    return folder


@pytest.fixture
def data_folder() -> Iterator[Path]:
    """An empty data folder. pytest's `tmp_path` won't do: as root nobody else may enter it."""
    folder = short_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    """The session's server, its database `studio` migrated and kept as the template."""
    folder = short_folder()
    server = EmbeddedPostgres.start(folder, _HASTY)
    try:
        migrate(server.admin_dsn, SQL_ROOT, vendors())
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _fresh(server: EmbeddedPostgres, name: str, made_from: str = "") -> Iterator[str]:
    maintenance = server.admin_dsn.replace("/studio?", "/postgres?")
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f"create database {name} {made_from}".encode())
        yield name
        connection.execute(f"drop database {name} with (force)".encode())


@pytest.fixture
def database_name(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """A fresh copy of the migrated database."""
    with _fresh(postgres_server, f"test_{next(_numbers)}", "template studio strategy file_copy") as name:
        yield name


@pytest.fixture
def empty_url(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """A database with nothing in it, for whoever migrates."""
    with _fresh(postgres_server, f"empty_{next(_numbers)}") as name:
        yield postgres_server.admin_dsn.replace("/studio?", f"/{name}?")


@pytest.fixture
def database_url(postgres_server: EmbeddedPostgres, database_name: str) -> str:
    """The test's database, for the studio's own login."""
    return postgres_server.dsn.replace("/studio?", f"/{database_name}?")


@pytest.fixture
def admin_url(postgres_server: EmbeddedPostgres, database_name: str) -> str:
    """The test's database, for whoever migrates: a superuser."""
    return postgres_server.admin_dsn.replace("/studio?", f"/{database_name}?")


@pytest.fixture
async def postgres(database_url: str) -> AsyncIterator[Postgres]:
    """The transport to the test's database."""
    async with Postgres(database_url) as opened:
        yield opened


@pytest.fixture
def owner() -> UUID:
    """A fresh owner: whom `store` acts for."""
    return uuid4()


@pytest.fixture
def store(postgres: Postgres, owner: UUID) -> Actor:
    """The database as the owner sees it."""
    return postgres.acting_for(owner)


@pytest.fixture
def other_store(postgres: Postgres) -> Actor:
    """The same database as somebody else sees it."""
    return postgres.acting_for(uuid4())
