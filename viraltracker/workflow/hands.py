"""Being the job worker oneself where no other is alive; the same one as `viraltracker worker`."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.abc import TaskGroup

from viraltracker.errors import StudioError
from viraltracker.jobs import worker_config
from viraltracker.studio import Studio

__all__ = ["Hands", "hands_for"]

_ASK_WORKERS_S = 2.0


class Hands:
    """A job worker in this process, from the moment that no other one serves both queues."""

    def __init__(self, studio: Studio, tasks: TaskGroup) -> None:
        self._studio = studio
        self._tasks = tasks
        self._stop = anyio.Event()
        self._looked_at = -_ASK_WORKERS_S
        self._hosting = False

    async def ensure(self) -> None:
        """Begin to work oneself if nobody does; asks every two seconds, as a worker may die meanwhile.

        Raises `BadInput` when nobody does and this machine can't.
        """
        now = anyio.current_time()
        if self._hosting or now - self._looked_at < _ASK_WORKERS_S:
            return
        self._looked_at = now
        served = {queue for worker in await self._studio.workers() for queue in worker["queues"]}
        if not served >= {"cloud", "gpu", "cpu"}:
            self._studio.stores.require_queue()
            self._hosting = True
            self._tasks.start_soon(self._work)

    def end(self) -> None:
        """No new job; what is running is finished."""
        self._stop.set()

    async def _work(self) -> None:
        config = worker_config(f"command {os.getpid()}", self._studio.settings.worker_concurrency)
        # Who is cancelled above still waits for a running take: it may be paid for.
        with anyio.CancelScope(shield=True):
            await self._studio.run_worker(self._stop, config.name, config)


@asynccontextmanager
async def hands_for(studio: Studio) -> AsyncIterator[Hands]:
    """Inside, somebody works; at the end our own worker is gone, its running jobs finished."""
    refused: StudioError | None = None
    async with anyio.create_task_group() as tasks:
        hands = Hands(studio, tasks)
        try:
            yield hands
        except StudioError as error:
            refused = error  # raised below: out of the group it would come wrapped in another error
        finally:
            hands.end()
    if refused is not None:
        raise refused
