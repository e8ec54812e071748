"""When a lasting process shall end: a signal, or the end of the one who holds it on a leash."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from viraltracker.cli.leash import ended
from viraltracker.cli.screen import say

__all__ = ["until_told"]


@asynccontextmanager
async def until_told(
    leash: bool = False, finishes: str = "Running jobs are finished first"
) -> AsyncIterator[anyio.Event]:
    """Inside, an event that is set by a signal to end or, on a leash, by the end of stdin.

    A second signal has its usual effect and ends the process at once.
    """
    stop = anyio.Event()

    async def listen() -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
            async for _ in signals:
                break
        if not leash:  # on a leash the one who holds it does the talking
            say(f"Stopping. {finishes}; Ctrl-C again ends at once.")
        stop.set()

    async def hold_on() -> None:
        await ended()
        stop.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listen)
        if leash:
            tasks.start_soon(hold_on)
        yield stop
        tasks.cancel_scope.cancel()
