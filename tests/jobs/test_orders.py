"""What somebody tells a job worker through the database: to drain, to stop, and who may."""

import logging
from datetime import datetime
from functools import partial
from uuid import uuid4

import anyio
import pytest

from tests.jobs.conftest import Enqueue, Hosting, Queue, ToldWork, until
from viraltracker.errors import BadInput, Conflict, Denied
from viraltracker.store import Actor, Postgres
from viraltracker.studio import LOCAL_USER

ONE = {"cpu": 1}


@pytest.fixture
def local(postgres: Postgres) -> Actor:
    """Whoever works on the studio's own machine."""
    return postgres.acting_for(LOCAL_USER)


async def heard(queue: Queue) -> None:
    """Until the worker asked twice what it was told."""
    for _ in range(2):
        (clock,) = queue.ask("select clock_timestamp() as now")
        await until(partial(_seen_since, queue, clock["now"]))


def _seen_since(queue: Queue, then: datetime) -> bool:
    return bool(queue.ask("select from private.workers where seen_at > %s", then))


async def test_a_drained_worker_takes_nothing_new_and_ends_when_its_work_is_done(
    hosting: Hosting, enqueue: Enqueue, queue: Queue, work: ToldWork, local: Actor
) -> None:
    take = await enqueue("cpu")
    gate = work.gates[take] = anyio.Event()
    async with hosting(queues=ONE, beat_s=0.02, graceful_s=0.01):
        await work.until(lambda: len(work.runs) == 1)
        (alive,) = await local.call("studio_workers_v1")
        assert (alive["told"], alive["kept"]) == ("work", False)
        assert await local.call("studio_worker_tell_v1", worker=alive["id"], told="drain")
        await heard(queue)
        await enqueue("cpu")
        (alive,) = await local.call("studio_workers_v1")
        assert alive["told"] == "drain"
        assert work.broken_off == [], "it takes its time"
        gate.set()
        await until(lambda: queue.ask("select from private.workers") == [])
    assert work.done == [take]
    assert queue.states() == ["todo"]


@pytest.mark.parametrize("how", ["in the database", "by its process"])
async def test_a_drained_worker_can_still_be_told_to_stop(
    hosting: Hosting, enqueue: Enqueue, queue: Queue, work: ToldWork, local: Actor, how: str
) -> None:
    take = await enqueue()
    work.gates[take] = anyio.Event()
    async with hosting(beat_s=0.02, graceful_s=0.05) as stop:
        await work.until(lambda: len(work.runs) == 1)
        (alive,) = await local.call("studio_workers_v1")
        assert await local.call("studio_worker_tell_v1", worker=alive["id"], told="drain")
        await heard(queue)
        if how == "by its process":
            stop.set()
        else:
            assert await local.call("studio_worker_tell_v1", worker=alive["id"], told="stop")
        await until(lambda: queue.states() == ["todo"])
        await until(lambda: bool(work.broken_off))
    assert work.done == []


async def test_a_drained_worker_takes_its_time_over_a_lost_database_too(
    hosting: Hosting,
    enqueue: Enqueue,
    queue: Queue,
    work: ToldWork,
    local: Actor,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "viraltracker")
    take = await enqueue()
    gate = work.gates[take] = anyio.Event()
    async with hosting(beat_s=0.02, graceful_s=0.01, lost_s=0.01, reconnect_s=0.05):
        await work.until(lambda: len(work.runs) == 1)
        (alive,) = await local.call("studio_workers_v1")
        assert await local.call("studio_worker_tell_v1", worker=alive["id"], told="drain")
        await heard(queue)
        queue.ask("alter routine private.worker_beat_v2 rename to worker_beat_away")
        await until(lambda: "worker.lost" in caplog.messages)
        queue.ask("alter routine private.worker_beat_away rename to worker_beat_v2")
        await heard(queue)
        assert work.broken_off == []
        gate.set()
        await until(lambda: queue.ask("select from private.workers") == [])
    assert work.done == [take]
    assert caplog.messages.count("worker.started") >= 2


async def test_who_may_tell_a_worker_what(hosting: Hosting, queue: Queue, store: Actor, local: Actor) -> None:
    async with hosting(kept=True) as stop:
        await until(lambda: len(queue.ask("select from private.workers")) == 1)
        (alive,) = await store.call("studio_workers_v1")
        with pytest.raises(Denied, match="serve everybody"):
            await store.call("studio_worker_tell_v1", worker=alive["id"], told="stop")
        with pytest.raises(Conflict, match="studio's own"):
            await local.call("studio_worker_tell_v1", worker=alive["id"], told="stop")
        with pytest.raises(BadInput):
            await local.call("studio_worker_tell_v1", worker=alive["id"], told="work")
        assert await local.call("studio_worker_tell_v1", worker=uuid4(), told="stop") is False
        assert not stop.is_set()
