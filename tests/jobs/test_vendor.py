"""What of the vendor's is bent to our ways, where a whole worker can't show it."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from procrastinate.connector import Notify
from procrastinate.exceptions import ConnectorException
from procrastinate.testing import InMemoryConnector

from tests.jobs.conftest import Flaky
from viraltracker.jobs.queue import FencedJobs
from viraltracker.store import Postgres


class Deaf(InMemoryConnector):
    """A connection that can't be made again."""

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        raise ConnectorException


async def test_a_listener_that_ends_ends_the_incarnation(postgres: Postgres) -> None:
    lost = asyncio.Event()
    jobs = FencedJobs(Deaf(), Flaky(postgres.acting_as_worker()), lost)

    async def heard(**_: Any) -> None:
        raise AssertionError

    with pytest.raises(ConnectorException):
        await jobs.listen_for_jobs(on_notification=heard, queues=["cloud"])
    assert lost.is_set()
