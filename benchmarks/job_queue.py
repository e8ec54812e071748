"""How long 300 paid calls of 0.1 s take through the job queue, 5 at a time over two worker processes.

    python benchmarks/job_queue.py [--jobs 300] [--json]

The ideal is jobs / limit x call length: 6.0 s. The floor, measured in the same run, makes the same calls to
the same provider with nothing between: no queue, no database, no slots. The embedded Postgres is as durable
as a producer's. (Not called `queue.py`: that would hide the standard library's.)
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import anyio
import psutil
import psycopg

from viraltracker.errors import StudioError
from viraltracker.jobs import (
    QUEUE_SCHEMA,
    Job,
    LeasedSlots,
    WorkerConfig,
    queue_schema_sql,
    queue_schema_version,
    run_worker,
)
from viraltracker.store import EmbeddedPostgres, Postgres, Vendor, migrate

LIMIT = 5
CALL_S = 0.1
WORKERS = 2
TARGET = 1.15
ENQUEUE = """
    select private.job_enqueue_v1('take.make', 'cloud',
        jsonb_build_object('owner', auth.uid(), 'take_id', gen_random_uuid()), -n, 'take:' || n)
    from generate_series(1, %s) n"""
SQL_ROOT = Path(__file__).parents[1] / "sql"


class Provider:
    """Answers every call after `CALL_S`, and counts those under way."""

    def __init__(self) -> None:
        self.now = self.peak = self.answered = 0
        self.by_caller = Counter[str]()
        self.quiet = asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.by_caller[(await reader.readline()).decode().strip()] += 1
        self.now += 1
        self.peak = max(self.peak, self.now)
        await asyncio.sleep(CALL_S)
        self.now -= 1
        self.answered += 1
        if self.now == 0:
            self.quiet.set()
        writer.write(b"audio\n")
        writer.close()

    async def until_answered(self, calls: int) -> None:
        while self.answered < calls:
            self.quiet.clear()
            await self.quiet.wait()


async def call(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{os.getpid()}\n".encode())
    await reader.readline()
    writer.close()


class Calling:
    """A take is one call inside a slot."""

    def __init__(self, slots: LeasedSlots, port: int) -> None:
        self._slots = slots
        self._port = port

    async def make_take(self, owner: UUID, take_id: UUID, claim: UUID) -> None:
        async with self._slots.hold("provider", LIMIT, ttl_s=10.0):
            await call(self._port)

    async def make_export(self, owner: UUID, export_id: UUID, claim: UUID) -> None:
        raise AssertionError

    async def give_up(self, job: Job, claim: UUID, error: StudioError) -> None:
        raise AssertionError


async def be_worker(url: str, port: int) -> None:
    stop = anyio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with Postgres(url) as postgres, LeasedSlots(postgres.acting_as_worker(), postgres) as slots:
        await run_worker(WorkerConfig(name="benchmark"), Calling(slots, port), postgres, stop)


async def floor_s(jobs: int) -> float:
    """The same calls from `LIMIT` loops in this process."""
    provider = Provider()
    async with await asyncio.start_server(provider.answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        left = iter(range(jobs))

        async def loop() -> None:
            for _ in left:
                await call(port)

        began = time.perf_counter()
        await asyncio.gather(*(loop() for _ in range(LIMIT)))
        return time.perf_counter() - began


async def queue_run(server: EmbeddedPostgres, jobs: int) -> dict[str, Any]:
    provider = Provider()
    owner = uuid4()
    async with (
        await asyncio.start_server(provider.answer, "127.0.0.1", 0) as listening,
        Postgres(server.dsn) as postgres,
    ):
        port = listening.sockets[0].getsockname()[1]
        command = [sys.executable, __file__, "--be-worker", server.dsn, str(port)]
        workers = [await asyncio.create_subprocess_exec(*command) for _ in range(WORKERS)]
        try:
            store = postgres.acting_for(owner)
            while len(await store.call("private.worker_list_v1")) < WORKERS:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            before_s = [cpu_s(worker.pid) for worker in workers]
            began = time.perf_counter()
            await enqueue(server.dsn, owner, jobs)
            await provider.until_answered(jobs)
            wall_s = time.perf_counter() - began
            cpu = sum(cpu_s(worker.pid) for worker in workers) - sum(before_s)
        finally:
            for worker in workers:
                worker.terminate()
            for worker in workers:
                await worker.wait()
    return {
        "wall_s": round(wall_s, 3),
        "peak": provider.peak,
        "calls_by_worker": sorted(provider.by_caller.values()),
        "worker_cpu_ms_per_job": round(cpu / jobs * 1000, 2),
    }


async def enqueue(url: str, owner: UUID, jobs: int) -> None:
    """All in one transaction, as a producer's press does it."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        claims = json.dumps({"sub": str(owner)})
        await connection.execute("set local role authenticated")
        await connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        await connection.execute(ENQUEUE, [jobs])


def cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def measure(jobs: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="vt-bench-") as folder:
        Path(folder).chmod(0o711)  # as root, Postgres runs under an account of its own
        server = EmbeddedPostgres.start(Path(folder))
        try:
            vendor = Vendor(QUEUE_SCHEMA, queue_schema_version(), queue_schema_sql())
            migrate(server.admin_dsn, SQL_ROOT, [vendor])
            run = asyncio.run(queue_run(server, jobs))
        finally:
            server.stop()
    floor = asyncio.run(floor_s(jobs))
    ideal = jobs / LIMIT * CALL_S
    return {
        "jobs": jobs,
        "limit": LIMIT,
        **run,
        "ideal_s": ideal,
        "ratio_to_ideal": round(run["wall_s"] / ideal, 3),
        "floor_s": round(floor, 3),
        "ratio_to_floor": round(run["wall_s"] / floor, 3),
        "target": TARGET,
        "load": round(os.getloadavg()[0], 2),
        "met": run["wall_s"] / ideal <= TARGET and run["peak"] <= LIMIT,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--be-worker", nargs=2, metavar=("URL", "PORT"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.be_worker:
        url, port = chosen.be_worker
        asyncio.run(be_worker(url, int(port)))
        return
    result = measure(chosen.jobs)
    if chosen.json:
        print(json.dumps(result))
        return
    print(
        f"{result['jobs']} calls of {CALL_S} s, {LIMIT} at a time, {WORKERS} worker processes: "
        f"{result['wall_s']:.2f} s"
    )
    print(
        f"  to the ideal of {result['ideal_s']:.1f} s: {result['ratio_to_ideal']:.3f} x (target {TARGET} x)"
    )
    print(f"  to the bare calls, {result['floor_s']:.2f} s: {result['ratio_to_floor']:.3f} x")
    print(f"  most at once: {result['peak']} of {LIMIT}; per worker: {result['calls_by_worker']}")
    print(f"  worker CPU: {result['worker_cpu_ms_per_job']} ms a job; load of the machine: {result['load']}")


if __name__ == "__main__":
    main()
