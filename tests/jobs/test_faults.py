"""Workers that are killed, databases that go away: nothing is lost, nothing is paid twice, nobody hangs."""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import UUID, uuid4

import anyio
import anyio.to_thread
import psycopg
import pytest

from tests.jobs.conftest import PATIENCE_S, Enqueue, Queue, ToldWork, until
from tests.postgres import SQL_ROOT, vendors
from viraltracker.errors import StoreDown
from viraltracker.jobs import WorkerConfig, run_worker
from viraltracker.store import EmbeddedPostgres, Postgres, migrate

pytestmark = pytest.mark.faults
ROOT = Path(__file__).parents[2]


class PaidProvider:
    """A provider on 127.0.0.1: a call is paid and goes on when its caller dies; what it made is kept."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.paid = Counter[str]()
        self.adopted: list[str] = []
        self.callers = Counter[int]()
        self.now = self.peak = self.port = 0
        self._made: dict[str, asyncio.Event] = {}
        self._calls: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["PaidProvider"]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            self.open.set()
            server.close()
            await asyncio.gather(*self._calls)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        take, pid = (await reader.readline()).decode().split()
        self.callers[int(pid)] += 1
        if take in self._made:
            self.adopted.append(take)
        else:
            self._made[take] = asyncio.Event()
            call = asyncio.create_task(self._make(take))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)
        await self._made[take].wait()
        with suppress(ConnectionError):
            writer.write(b"made\n")
            await writer.drain()
        writer.close()

    async def _make(self, take: str) -> None:
        self.paid[take] += 1
        self.now += 1
        self.peak = max(self.peak, self.now)
        await asyncio.sleep(0.01)
        await self.open.wait()
        self.now -= 1
        self._made[take].set()


@pytest.fixture
async def provider() -> AsyncIterator[PaidProvider]:
    async with PaidProvider().serving() as serving:
        yield serving


@pytest.fixture
def children(database_url: str, provider: PaidProvider) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Two job workers: 3 places each, 5 slots over both."""
    # Twenty beats: on a loaded machine a living worker may well be silent for a second.
    settings = {"places": 3, "limit": 5, "ttl_s": 2.0, "beat_s": 0.1, "stalled_s": 2.0}
    command = [sys.executable, "-m", "tests.jobs.child_worker", database_url, str(provider.port)]
    made = [subprocess.Popen([*command, json.dumps(settings)], cwd=ROOT) for _ in range(2)]
    yield made
    for child in made:
        child.terminate()
    for child in made:
        child.wait(PATIENCE_S)


async def test_the_survivor_finishes_what_a_killed_worker_had_in_hand(
    children: list[subprocess.Popen[bytes]], provider: PaidProvider, enqueue: Enqueue, queue: Queue
) -> None:
    await until(lambda: len(queue.ask("select 1 from private.workers")) == 2)
    takes = {str(await enqueue()) for _ in range(30)}
    await until(lambda: provider.now == 5)
    await until(lambda: len(provider.callers) == 2)
    victim, survivor = children
    victim.kill()
    victim.wait()
    in_hand = {
        job["args"]["take_id"]
        for job in queue.ask(
            "select j.args from procrastinate_jobs j join private.workers w "
            "on j.worker_id = any (w.queue_workers) where j.status = 'doing' and w.pid = %s",
            victim.pid,
        )
    }
    provider.open.set()
    await until(lambda: queue.jobs() == [])
    assert in_hand
    assert provider.paid == Counter(takes)
    assert set(provider.adopted) <= in_hand
    assert provider.peak <= 5
    assert survivor.poll() is None


@pytest.fixture
def own_server(data_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A server that may be killed."""
    server = EmbeddedPostgres.start(data_folder)
    migrate(server.admin_dsn, SQL_ROOT, vendors())
    yield server
    server.stop()


async def test_a_killed_database_ends_neither_worker_nor_work(
    own_server: EmbeddedPostgres, work: ToldWork, owner: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    stop = anyio.Event()
    first, second = uuid4(), uuid4()
    gate = work.gates[first] = anyio.Event()
    config = WorkerConfig("here", beat_s=0.1, stalled_s=0.5, poll_s=0.05, lost_s=0.05)
    pid = int((own_server.folder / "postgres" / "postmaster.pid").read_text().split()[0])

    async def enqueue(take: UUID) -> None:
        call = {"task": "take.make", "queue": "cloud", "args": {"owner": owner, "take_id": take}}
        with anyio.fail_after(PATIENCE_S):
            while True:
                with suppress(StoreDown):
                    await postgres.acting_for(owner).call("private.job_enqueue_v1", **call)
                    return

    def left() -> int:
        with psycopg.connect(own_server.admin_dsn) as connection:
            row = connection.execute("select count(*) from procrastinate.procrastinate_jobs").fetchone()
        return row[0] if row else 0

    async with Postgres(own_server.dsn) as postgres, anyio.create_task_group() as group:
        with caplog.at_level(logging.INFO):
            group.start_soon(run_worker, config, work, postgres, stop)
            await enqueue(first)
            await work.until(lambda: len(work.runs) == 1)
            os.kill(pid, signal.SIGKILL)
            await until(lambda: "worker.unheard" in caplog.messages)
            gate.set()  # the call's answer comes while the database is away
            await work.until(lambda: work.done == [first])
            await anyio.to_thread.run_sync(own_server.ensure_running)
            await enqueue(second)
            await work.until(lambda: second in work.done)
            await until(lambda: left() == 0)
            stop.set()
    assert work.broken_off == []
    assert work.given_up == []
