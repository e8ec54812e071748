"""A job worker as a process of its own: `python -m tests.jobs.child_worker URL PORT SETTINGS`.

Its work asks a provider on 127.0.0.1:PORT for every take, inside one of the provider's slots.
"""

import asyncio
import json
import os
import signal
import sys
from uuid import UUID

import anyio

from viraltracker.errors import StudioError
from viraltracker.jobs import Job, LeasedSlots, WorkerConfig, run_worker
from viraltracker.store import Postgres


class AskingWork:
    """Work that is one call to the provider, who knows what it was paid for before."""

    def __init__(self, slots: LeasedSlots, port: int, limit: int, ttl_s: float) -> None:
        self._slots = slots
        self._port = port
        self._limit = limit
        self._ttl_s = ttl_s

    async def make_take(self, owner: UUID, take_id: UUID, claim: UUID) -> None:
        async with self._slots.hold("provider", self._limit, self._ttl_s):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(f"{take_id} {os.getpid()}\n".encode())
            await reader.readline()
            writer.close()

    async def make_export(self, owner: UUID, export_id: UUID, claim: UUID) -> None:
        raise AssertionError

    async def give_up(self, job: Job, claim: UUID, error: StudioError) -> None:
        raise AssertionError


async def main(url: str, port: int, settings: dict[str, float]) -> None:
    """Run until SIGTERM."""
    stop = anyio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    config = WorkerConfig(
        name=f"child {os.getpid()}",
        queues={"cloud": int(settings["places"])},
        beat_s=settings["beat_s"],
        stalled_s=settings["stalled_s"],
    )
    async with Postgres(url) as postgres, LeasedSlots(postgres.acting_as_worker(), postgres) as slots:
        work = AskingWork(slots, port, int(settings["limit"]), settings["ttl_s"])
        await run_worker(config, work, postgres, stop)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])))
