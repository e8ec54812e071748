"""Waiting for what only another process or the clock brings, under a deadline."""

import asyncio
from collections.abc import Awaitable, Callable

import anyio

PATIENCE_S = 20.0
"""A loaded machine is no reason to fail."""


async def soon(holds: Callable[[], Awaitable[bool]]) -> None:
    """Until it holds. What is asked goes to another process, which is let run by asking."""
    with anyio.fail_after(PATIENCE_S):
        while not await holds():  # noqa: ASYNC110 - another process sets no event here
            await asyncio.sleep(0)
