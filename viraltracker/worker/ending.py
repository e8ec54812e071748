"""Waiting for the end of what was broken off. Knows nothing of lines and streams."""

import asyncio
from typing import Any

__all__ = ["ended"]


async def ended(*tasks: asyncio.Task[Any]) -> None:
    """Wait until all tasks are over, however often one is cancelled meanwhile; then that is raised.

    A stream may be told to end more than once: by a flush, a stop, its client's hanging up. A wait that each
    of them breaks off leaves a thread at work, and an error that nobody hears.
    """
    broken_off: asyncio.CancelledError | None = None
    while open_ := [task for task in tasks if not task.done()]:
        try:
            await asyncio.wait(open_)
        except asyncio.CancelledError as cancelled:
            broken_off = cancelled
    for task in tasks:
        if not task.cancelled():
            task.exception()  # looked at, or asyncio warns: who would have heard it may be gone
    if broken_off is not None:
        raise broken_off
