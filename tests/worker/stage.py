"""A clock that stands still until somebody sleeps, and a model whose pieces come when a test says so."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType

import numpy as np

from viraltracker.audio import Floats
from viraltracker.worker.model import Line, Rendered, Voice
from viraltracker.worker.ports import Model


class Clock:
    """Time passes in sleeps alone, so that a minute of audio is a moment."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        await asyncio.sleep(0)


class Pieces:
    """A model that gives 0.1 s a character; with `gated` only as many pieces as were allowed."""

    rate_hz = 48_000
    voices = (Voice("one", "One"),)
    options: Mapping[str, tuple[float, float]] = MappingProxyType({})
    batch = 4
    memory_bytes = 0

    def __init__(self, gated: bool = False) -> None:
        self.allowed = asyncio.Semaphore(0) if gated else None
        self.spoken: list[str] = []
        self.under_way = 0

    def check(self, line: Line) -> None:
        return

    async def speak(self, line: Line) -> AsyncGenerator[Floats]:
        self.spoken.append(line.text)
        self.under_way += 1
        try:
            for _ in line.text:
                if self.allowed is not None:
                    await self.allowed.acquire()
                yield np.full(4_800, 0.25, dtype=np.float32)
        finally:
            self.under_way -= 1

    async def render(self, lines: Sequence[Line]) -> AsyncGenerator[Rendered]:
        for index, line in enumerate(lines):
            self.spoken.append(line.text)
            yield Rendered(index, np.full(4_800 * len(line.text), 0.25, dtype=np.float32))

    async def close(self) -> None:
        return


class Holding:
    """A hold on one model, as a session has it."""

    def __init__(self, model: Model) -> None:
        self.model = model

    @asynccontextmanager
    async def using(self) -> AsyncIterator[Model]:
        yield self.model
