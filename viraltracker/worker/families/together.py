"""Several lines at once, for models that gain from it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing

from viraltracker.audio import Floats
from viraltracker.errors import StudioError
from viraltracker.worker.ending import ended
from viraltracker.worker.model import Line, Rendered

__all__ = ["as_done", "each_done"]


async def as_done(
    lines: Sequence[Line], spoken: Callable[[Line], Awaitable[Floats]]
) -> AsyncGenerator[Rendered]:
    """`each_done` for lines of which nothing but the audio is to be said."""

    async def made(index: int, line: Line) -> Rendered:
        return Rendered(index, await spoken(line))

    async with aclosing(each_done(lines, made)) as results:
        async for result in results:
            yield result


async def each_done(
    lines: Sequence[Line], made: Callable[[int, Line], Awaitable[Rendered]]
) -> AsyncGenerator[Rendered]:
    """Make all lines together and give out each when it is done. Closing it ends them and waits for it."""

    async def one(index: int, line: Line) -> Rendered:
        try:
            return await made(index, line)
        except StudioError as problem:
            return Rendered(index, problem=problem)

    tasks = [asyncio.create_task(one(index, line)) for index, line in enumerate(lines)]
    try:
        for done in asyncio.as_completed(tasks):
            yield await done
    finally:
        for task in tasks:
            task.cancel()
        await ended(*tasks)
