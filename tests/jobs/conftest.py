"""A queue to look into, work that does as it is told, and job workers in this process."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import anyio
import psycopg
import pytest
from psycopg.rows import dict_row

from viraltracker.errors import StoreDown, StudioError
from viraltracker.jobs import Calls, Job, WorkerConfig, run_worker
from viraltracker.store import Actor, Postgres

PATIENCE_S = 60.0
"""Longest wait for something that must come; a loaded machine is no reason to fail."""

Hosting = Callable[..., AbstractAsyncContextManager[anyio.Event]]
Enqueue = Callable[..., Any]


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what only a database or another process shows."""
    with anyio.fail_after(PATIENCE_S):
        while True:
            if holds():
                return
            await anyio.sleep(0.02)


@dataclass
class ToldWork:
    """Work in this process: each run of a subject takes the next of its outcomes, after its gate is open."""

    outcomes: dict[UUID, list[Exception]] = field(default_factory=dict)
    gates: dict[UUID, anyio.Event] = field(default_factory=dict)
    runs: list[tuple[str, UUID, UUID, UUID]] = field(default_factory=list)
    done: list[UUID] = field(default_factory=list)
    broken_off: list[UUID] = field(default_factory=list)
    given_up: list[tuple[Job, UUID, StudioError]] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def make_take(self, owner: UUID, take_id: UUID, claim: UUID) -> None:
        await self._run("take", owner, take_id, claim)

    async def make_export(self, owner: UUID, export_id: UUID, claim: UUID) -> None:
        await self._run("export", owner, export_id, claim)

    async def give_up(self, job: Job, claim: UUID, error: StudioError) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.given_up.append((job, claim, error))
        await self._tell()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for what is written down here."""
        with anyio.fail_after(PATIENCE_S):
            async with self.changed:
                await self.changed.wait_for(holds)

    async def _run(self, kind: str, owner: UUID, subject: UUID, claim: UUID) -> None:
        self.runs.append((kind, owner, subject, claim))
        await self._tell()
        try:
            if subject in self.gates:
                await self.gates[subject].wait()
        except asyncio.CancelledError:
            self.broken_off.append(subject)
            raise
        if self.outcomes.get(subject):
            raise self.outcomes[subject].pop(0)
        self.done.append(subject)
        await self._tell()

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()


class Flaky:
    """A door that is shut as often as told."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.shut = Counter[str]()

    async def call(self, function: str, /, **arguments: object) -> object:
        if self.shut[function] > 0:
            self.shut[function] -= 1
            raise StoreDown
        return await self.calls.call(function, **arguments)


class Queue:
    """The queue's tables, as a superuser sees them."""

    def __init__(self, connection: psycopg.Connection[dict[str, Any]]) -> None:
        self.connection = connection

    def ask(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        cursor = self.connection.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description is not None else []

    def jobs(self) -> list[dict[str, Any]]:
        return self.ask("select *, status::text as state from procrastinate.procrastinate_jobs order by id")

    def states(self) -> list[str]:
        return [job["state"] for job in self.jobs()]

    def running_under(self, worker: int, **changes: Any) -> None:
        """Make the one waiting job look as if `worker` ran it."""
        self.ask("update procrastinate.procrastinate_jobs set status = 'doing', worker_id = %s", worker)
        for column, value in changes.items():
            self.ask(f"update procrastinate.procrastinate_jobs set {column} = %s", value)  # noqa: S608

    def worker(self, silent_s: float) -> int:
        """A worker of the vendor's that gave its last sign of life so long ago."""
        made = self.ask(
            "insert into procrastinate.procrastinate_workers (last_heartbeat) "
            "values (clock_timestamp() - make_interval(secs => %s)) returning id",
            silent_s,
        )
        number: int = made[0]["id"]
        return number


@pytest.fixture
def queue(admin_url: str) -> Iterator[Queue]:
    # The vendor's triggers find their tables by the search path.
    path = "-c search_path=procrastinate,public"
    with psycopg.connect(admin_url, autocommit=True, row_factory=dict_row, options=path) as connection:
        yield Queue(connection)


@pytest.fixture
def work() -> ToldWork:
    return ToldWork()


@pytest.fixture
def enqueue(store: Actor, owner: UUID) -> Enqueue:
    """Enqueue a take (or an export) of the owner's; answers its id."""

    async def put(queue: str = "cloud", task: str = "take.make", **more: Any) -> UUID:
        subject = uuid4()
        name = "take_id" if task == "take.make" else "export_id"
        args = {"owner": owner, name: subject}
        await store.call("private.job_enqueue_v1", task=task, queue=queue, args=args, **more)
        return subject

    return put


@pytest.fixture
def hosting(postgres: Postgres, work: ToldWork) -> Hosting:
    """`async with hosting(...) as stop`: a job worker in this process, stopped at the end."""

    @asynccontextmanager
    async def host(**settings: Any) -> AsyncIterator[anyio.Event]:
        stop = anyio.Event()
        usual: dict[str, Any] = {"name": "here", "poll_s": 0.05, "backoff_s": (0.0, 0.0), "graceful_s": 5.0}
        config = WorkerConfig(**usual | settings)
        async with anyio.create_task_group() as group:
            group.start_soon(run_worker, config, work, postgres, stop)
            try:
                yield stop
            finally:
                stop.set()
                for gate in work.gates.values():
                    gate.set()

    return host
