"""From a pressed button to a paid answer while processes die: nothing is lost, nothing is paid for twice."""

import os
import random
import re
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio.to_thread
import psycopg
import pytest
from pydantic import SecretStr

from tests.faults.conftest import LIMIT, Plant, ended, environment, settings
from tests.jobs.conftest import until
from tests.speech.elevenlabs_server import ElevenLabsServer
from viraltracker.errors import StoreDown
from viraltracker.store import EmbeddedPostgres
from viraltracker.studio import open_studio

pytestmark = pytest.mark.faults

BEATS = 30
OUTAGE_S = 2.0


def asking(url: str) -> Callable[[str], list[tuple[Any, ...]]]:
    """Questions to a database that comes and goes, each on a connection of its own."""

    def rows(statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(statement.encode()).fetchall()

    return rows


async def test_the_only_worker_is_killed_again_and_again(plant: Plant) -> None:
    session = await plant.asked(BEATS)
    chance = random.Random(20)
    kills = [chance.randrange(low, low + 7) for low in (1, 10, 19)]
    for moment in kills:
        worker = plant.start()
        await plant.charged(moment)
        plant.kill(worker)
        await plant.quiet()
    plant.start()
    await plant.settled()
    assert plant.count("done") == BEATS
    await plant.proves_itself(session.id, BEATS)


async def test_of_three_workers_two_take_over_what_the_killed_one_held_and_the_limit_holds(
    plant: Plant,
) -> None:
    plant.provider.gate.clear()
    workers = [plant.start() for _ in range(3)]
    await until(lambda: len(plant.rows("select from private.workers")) == 3)
    session = await plant.asked(18)
    await until(lambda: plant.provider.under_way == LIMIT and all(plant.held(one) for one in workers))
    held = plant.held(workers[0])
    killed_at = plant.now()
    plant.kill(workers[0])
    plant.provider.gate.set()

    def taken_over() -> bool:
        return held <= plant.held(workers[1]) | plant.held(workers[2]) | plant.made()

    await until(taken_over)
    assert plant.now() - killed_at < timedelta(seconds=15)
    await plant.quiet()
    await plant.settled()
    assert [worker.poll() for worker in workers[1:]] == [None, None]
    assert plant.count("done") == 18
    await plant.proves_itself(session.id, 18)


async def test_a_cancel_drops_what_waits_keeps_what_is_paid_and_can_be_resumed(plant: Plant) -> None:
    plant.provider.gate.clear()
    plant.start()
    session = await plant.asked(BEATS)
    await until(lambda: plant.provider.under_way == LIMIT)
    generate = await plant.studio.generate()
    cancelled = await generate.cancel(session.id)
    assert cancelled.dropped == plant.count("cancelled")
    assert LIMIT <= cancelled.finishing == BEATS - cancelled.dropped
    plant.provider.gate.set()
    await plant.settled()
    assert plant.count("done") == cancelled.finishing == len(plant.provider.made)
    await generate.fill(await plant.studio.sessions.get(session.id))
    await plant.settled()
    assert plant.count("done") == BEATS
    await plant.proves_itself(session.id, BEATS)


async def test_the_database_dies_in_the_middle(provider: ElevenLabsServer, own_folder: Path) -> None:
    async with open_studio(settings(provider, own_folder)) as studio:
        admin = re.sub(
            r"(user=|//)[^@&]*?(?=@|&|$)", r"\g<1>postgres", await studio.stores.require_queue().url()
        )

        rows = asking(admin)
        plant = Plant(studio, rows, provider, environment(provider, own_folder), own_folder / "workers.log")
        try:
            session = await plant.asked(BEATS)
            provider.gate.clear()
            plant.start()
            await until(lambda: provider.under_way == LIMIT)
            postmaster = int((own_folder / "postgres" / "postmaster.pid").read_text().split()[0])
            os.kill(postmaster, signal.SIGKILL)
            provider.gate.set()  # the answers come while there is nowhere to write them down
            await until(lambda: provider.under_way == 0)
            await studio.sessions.get(session.id)
            await plant.settled()
            assert plant.count("done") == BEATS
            await plant.proves_itself(session.id, BEATS)
            plant.keeps_its_secret()
        finally:
            ended(plant)


@pytest.fixture
def elsewhere(own_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A database that is not the studio's to start again."""
    server = EmbeddedPostgres.start(own_folder)
    yield server
    server.stop()


async def stopped(server: EmbeddedPostgres) -> None:
    """Stop it as its administrator would: who is connected is thrown out."""
    running = server.folder / "postgres" / "postmaster.pid"
    os.kill(int(running.read_text().split()[0]), signal.SIGINT)
    await until(lambda: not running.exists())


async def test_the_database_is_away_for_two_seconds(
    provider: ElevenLabsServer, elsewhere: EmbeddedPostgres, data_folder: Path
) -> None:
    url = elsewhere.admin_dsn
    told = environment(provider, data_folder, DATABASE_URL=url)
    async with open_studio(settings(provider, data_folder, database_url=SecretStr(url))) as studio:
        plant = Plant(studio, asking(url), provider, told, data_folder / "workers.log")
        try:
            session = await plant.asked(BEATS)
            worker = plant.start()
            await plant.charged(BEATS // 3)
            provider.gate.clear()
            await until(lambda: provider.under_way == LIMIT)
            made = plant.count("done")
            assert 0 < made < BEATS
            await stopped(elsewhere)
            since = time.monotonic()
            provider.gate.set()  # the answers come while there is nowhere to write them down
            with pytest.raises(StoreDown):
                await studio.desk(session.id)
            await until(lambda: time.monotonic() - since >= OUTAGE_S)
            await anyio.to_thread.run_sync(elsewhere.ensure_running)
            assert (await studio.desk(session.id)).standing.count("review") >= made
            await plant.settled()
            desk = await studio.desk(session.id)
            assert desk.standing.count("review") == BEATS
            assert desk.workers_live
            assert worker.poll() is None
            await plant.proves_itself(session.id, BEATS)
            plant.keeps_its_secret()
        finally:
            ended(plant)
