"""The rows over both transports: a plugin whose `store` and `other_store` come once by psycopg, once by HTTP.

A folder's conftest takes them over: `from tests.store.both import gateway, other_store, rows, store`.
"""

from collections.abc import AsyncIterator, Iterator
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from tests.store.gateway import Gateway
from viraltracker.store import Actor, Hosted, Postgres, Project

__all__ = ["gateway", "other_store", "rows", "store"]


@pytest.fixture
def gateway(database_url: str) -> Iterator[Gateway]:
    """Supabase's door to the test's database."""
    with Gateway(database_url) as opened:
        yield opened


@pytest.fixture(params=["psycopg", "supabase"])
async def rows(request: pytest.FixtureRequest, postgres: Postgres) -> AsyncIterator[Postgres | Hosted]:
    """A transport to the test's database."""
    if request.param == "psycopg":
        yield postgres
        return
    gateway: Gateway = request.getfixturevalue("gateway")
    async with Project(gateway.url, SecretStr(gateway.key), SecretStr(gateway.secret)) as project:
        yield Hosted(project)


@pytest.fixture
def store(rows: Postgres | Hosted, owner: UUID) -> Actor:
    """The database as the owner sees it."""
    return rows.acting_for(owner)


@pytest.fixture
def other_store(rows: Postgres | Hosted) -> Actor:
    """The same database as somebody else sees it."""
    return rows.acting_for(uuid4())
