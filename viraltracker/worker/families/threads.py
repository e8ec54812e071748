"""A blocking library's work in a thread that is waited for, however its caller is cancelled.

`anyio.to_thread` waits for the thread when a scope is cancelled, but not when the task is, and that is how
grpc.aio and sessions end their lines: the thread would go on alone, past the limiter.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

from viraltracker.worker.ending import ended

__all__ = ["in_thread"]

T = TypeVar("T")


async def in_thread(work: Callable[[], T], limiter: anyio.CapacityLimiter, stop: Callable[[], object]) -> T:
    """The result of `work`. Cancelled meanwhile: `stop` asks it to end soon, and its end is waited for.

    Work that still waits for its turn at the `limiter` is not begun.
    """
    waiting = anyio.CancelScope()

    async def turn() -> T:
        with waiting:
            return await anyio.to_thread.run_sync(work, limiter=limiter)
        raise asyncio.CancelledError  # its turn had not come

    task = asyncio.create_task(turn())
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop()
        waiting.cancel()
        with anyio.CancelScope(shield=True):
            await ended(task)
        raise
