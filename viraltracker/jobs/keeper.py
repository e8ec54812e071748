"""What a job worker does beside jobs: beat and hear what it is told, take over the jobs of the dead, sweep.

Knows no work.
"""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable
from uuid import UUID

from viraltracker.jobs.model import WorkerConfig
from viraltracker.jobs.orders import Orders
from viraltracker.jobs.ports import Calls

__all__ = ["Keeper"]

_log = logging.getLogger(__name__)

SWEEP_EVERY_S = 3600.0
KEEP_FAILED_H = 7 * 24
"""Hours that failed jobs are kept for a look at the queue; done ones go at once."""


class Keeper:
    """The signs of life of one worker process.

    `living` tells the queue's numbers of the workers that run now, `lingering` of those that are gone but in
    whose name runs are still under way here. `lost` is set when the database is, or has forgotten us. What
    somebody told this worker goes into `orders`.
    """

    def __init__(
        self,
        config: WorkerConfig,
        me: UUID,
        calls: Calls,
        living: Callable[[], set[int]],
        lingering: Callable[[], set[int]],
        lost: asyncio.Event,
        orders: Orders,
    ) -> None:
        self._config = config
        self._orders = orders
        self._calls = calls
        self._living = living
        self._lingering = lingering
        self._lost = lost
        self._ending = False
        self._who = {
            "worker": me,
            "name": config.name,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "kept": config.kept,
            "queues": list(config.queues),
        }

    async def keep(self, limit_s: float) -> None:
        """Beat and rescue until cancelled, also while the worker ends: its last jobs are still its own.

        `limit_s` is the longest wait for an answer.
        """
        began, swept, known = time.monotonic(), 0.0, 0
        while True:
            living = self._living()
            try:
                async with asyncio.timeout(limit_s):
                    await self._beat(living)
                    # Not at once: after an outage the others need a moment to show that they live.
                    if time.monotonic() - began >= self._config.stalled_s:
                        await self._rescue()
                    if time.monotonic() - swept >= SWEEP_EVERY_S:
                        swept = time.monotonic()
                        await self._calls.call("private.job_sweep_v1", hours=KEEP_FAILED_H)
            except Exception as error:  # noqa: BLE001 - whatever it is, this incarnation can't go on
                _log.warning("worker.unheard", extra={"error": type(error).__name__})
                self._lost.set()
            # Registering takes a few milliseconds: until then look again soon.
            known = max(known, len(living))
            await asyncio.sleep(self._config.beat_s if known == len(self._config.queues) else 0.01)

    def ending(self) -> None:
        """From now on workers take themselves off the queue's list: one that is missing there is not lost."""
        self._ending = True

    async def _beat(self, living: set[int]) -> None:
        lingering = self._lingering() - living
        heard = await self._calls.call(
            "private.worker_beat_v2", **self._who, queue_workers=list(living), lingering=list(lingering)
        )
        self._orders.hear(heard["told"])
        if not heard["known"] and not self._ending:
            self._lost.set()

    async def _rescue(self) -> None:
        jobs = await self._calls.call("private.job_rescue_v1", stalled_s=self._config.stalled_s)
        if jobs:
            _log.warning("job.rescued", extra={"count": len(jobs)})
