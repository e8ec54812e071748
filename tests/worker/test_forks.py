"""A program that is started while gRPC speaks lives to do its work."""

import asyncio
import os
import subprocess
from collections import Counter

import anyio
from anyio import to_thread

from tests.worker.conftest import linked, served
from viraltracker.speech.rpc import tts_pb2 as wire

PROGRAMS = 60


def started(programs: int) -> Counter[int]:
    """How programs ended that were started as the studio starts its database: as somebody, hence by fork."""
    return Counter(
        subprocess.run(["/bin/sh", "-c", ":"], user=os.getuid(), check=False).returncode
        for _ in range(programs)
    )


async def test_no_program_dies_of_it() -> None:
    async with served() as worker, linked(worker) as link, anyio.create_task_group() as tasks:

        async def talk() -> None:
            while True:
                await link.ask("ListModels", wire.ListModelsRequest(), 30)
                await asyncio.sleep(0)

        for _ in range(4):
            tasks.start_soon(talk)
        ended = await to_thread.run_sync(started, PROGRAMS)
        tasks.cancel_scope.cancel()
    assert ended == {0: PROGRAMS}
