"""Several lines at once, for models that gain from it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

from viraltracker.audio import Floats
from viraltracker.errors import StudioError
from viraltracker.worker.ending import ended
from viraltracker.worker.model import Line, Rendered

__all__ = ["as_done"]


async def as_done(
    lines: Sequence[Line], spoken: Callable[[Line], Awaitable[Floats]]
) -> AsyncGenerator[Rendered]:
    """Speak all lines together and give out each when it is done. Closing it ends them and waits for it."""

    async def one(index: int, line: Line) -> Rendered:
        try:
            return Rendered(index, await spoken(line))
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
