"""A job worker behind a connection pooler: at work in session mode, refused in transaction mode."""

from pathlib import Path

import anyio
import pytest
from pydantic import SecretStr

from tests.jobs.conftest import Enqueue, Queue, ToldWork, until
from tests.pooler import pooled
from viraltracker.errors import SettingsRefused
from viraltracker.jobs import WorkerConfig, run_worker
from viraltracker.settings import Settings
from viraltracker.store import Postgres
from viraltracker.studio import Stores, Studio

_LISTENERS = (
    "select from pg_stat_activity where datname = current_database() and query ilike 'listen %%queue_v1#%%'"
)


async def test_a_worker_works_through_session_mode(
    database_url: str, enqueue: Enqueue, queue: Queue, work: ToldWork
) -> None:
    stop = anyio.Event()
    with pooled(database_url, "session") as address:
        async with Postgres(address) as postgres, anyio.create_task_group() as group:
            await postgres.require_listening()
            # Asked for work only once in an hour: what it does it has heard of.
            config = WorkerConfig(name="here", poll_s=3600.0)
            group.start_soon(run_worker, config, work, postgres, stop)
            await until(lambda: len(queue.ask("select from private.workers")) == 1)
            await until(lambda: len(queue.ask(_LISTENERS)) == 3)  # its three lanes
            asked = [await enqueue(), await enqueue("cpu", "episode.export")]
            await work.until(lambda: len(work.done) == 2)
            await until(lambda: queue.jobs() == [])
            stop.set()
    assert sorted(work.done) == sorted(asked)


async def test_transaction_mode_is_refused_and_the_other_address_named(
    database_url: str, tmp_path: Path
) -> None:
    with pooled(database_url, "transaction") as address:
        settings = Settings(data=tmp_path, database_url=SecretStr(address))
        async with Postgres(address) as postgres:
            studio = Studio(settings, Stores.here(postgres, tmp_path), {})
            with pytest.raises(SettingsRefused, match="port 5432 in the place of 6543"):
                await studio.run_worker(anyio.Event(), "here")


async def test_a_database_that_is_away_is_not_taken_for_a_pooler(database_url: str) -> None:
    with pooled(database_url, "session") as address:
        pass
    async with Postgres(address) as postgres:
        await postgres.require_listening(wait_s=0.1)
