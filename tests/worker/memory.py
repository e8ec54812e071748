"""A clock that is moved by hand, and an engine in memory whose loads end when the test says so.

The engine writes down what a real one would break on, in `wrong`: a load beside another, one model too many,
a line on a closed model, a close under a line, a second close.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path

import numpy as np

from viraltracker.audio import Floats
from viraltracker.errors import Refused, StudioError
from viraltracker.worker import Line, Pack, Rendered, Voice
from viraltracker.worker.watching import Why

RATE_HZ = 8_000


def pack(id_: str, title: str = "") -> Pack:
    family, _, name = id_.partition("/")
    return Pack(id_, family, title or name, "1", ("en",), frozenset(), RATE_HZ, "MIT", "synthetic", Path())


async def settled(turns: int = 40) -> None:
    """Everybody has gone as far as they can: more turns of the loop than any step here takes."""
    for _ in range(turns):
        await asyncio.sleep(0)


class Clock:
    """Stands still until it is moved; who sleeps wakes when it is time."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    def monotonic(self) -> float:
        return self.now_s

    async def sleep(self, span_s: float) -> None:
        self._sleepers.append((self.now_s + span_s, woken := asyncio.Event()))
        await woken.wait()

    def move(self, span_s: float) -> None:
        self.now_s += span_s
        for due_s, woken in self._sleepers:
            if due_s <= self.now_s:
                woken.set()
        self._sleepers = [each for each in self._sleepers if each[0] > self.now_s]


class MemoryModel:
    """Speaks 100 ms pieces of its own number, for ever a character."""

    rate_hz = RATE_HZ
    batch = 1
    voices = (Voice("first", "First"),)

    def __init__(self, family: "MemoryFamily", loaded: Pack, number: int) -> None:
        self.family, self.pack, self.number = family, loaded, number
        self.options: Mapping[str, tuple[float, float]] = {"warmth": (0.0, 1.0)}
        self.memory_bytes = family.bytes_each
        self.spoken: list[str] = []
        self.lines = self.closes = 0

    def check(self, line: Line) -> None:
        if not line.text.strip():
            raise Refused("There is no text.", field="text")

    async def speak(self, line: Line) -> AsyncGenerator[Floats]:
        self.family.expect(not self.closes, f"{self.pack.id} is closed and was asked to speak")
        self.check(line)
        self.spoken.append(line.text)
        self.lines += 1
        try:
            if self.family.mute is not None:
                raise self.family.mute
            for _ in line.text:
                await asyncio.sleep(0)
                yield np.full(RATE_HZ // 10, self.number, dtype=np.float32)
        finally:
            self.lines -= 1

    async def render(self, lines: Sequence[Line]) -> AsyncGenerator[Rendered]:
        for index, line in enumerate(lines):
            async with aclosing(self.speak(line)) as pieces:
                yield Rendered(index, np.concatenate([piece async for piece in pieces]))

    async def close(self) -> None:
        self.family.expect(not self.lines, f"{self.pack.id} was closed under a line")
        self.family.expect(not self.closes, f"{self.pack.id} was closed twice")
        self.closes += 1
        await self.family.may_close.wait()
        if self.family.stuck is not None:
            raise self.family.stuck


class MemoryFamily:
    """Loads end at once, or with `gated` each when `finish` is called. `failures`: one a load, in order."""

    def __init__(self, name: str = "mem", *, cap: int = 64, gated: bool = False, bytes_each: int = 7) -> None:
        self.name, self.cap, self.gated, self.bytes_each = name, cap, gated, bytes_each
        self.failures: deque[Exception | None] = deque()
        self.mute: StudioError | None = None
        self.stuck: Exception | None = None
        self.wrong: list[str] = []
        self.may_close = asyncio.Event()
        self.may_close.set()
        self.models: list[MemoryModel] = []
        self.under_way: list[tuple[Pack, asyncio.Future[None]]] = []

    built_in: tuple[Pack, ...] = ()

    @property
    def alive(self) -> list[MemoryModel]:
        return [model for model in self.models if not model.closes]

    @property
    def loads(self) -> list[str]:
        return [model.pack.id for model in self.models]

    async def load(self, loaded: Pack) -> MemoryModel:
        self.expect(not self.under_way, f"{loaded.id} was loaded beside another one")
        self.expect(len(self.alive) < self.cap, f"{loaded.id} was one too many")
        gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.under_way.append((loaded, gate))
        try:
            if self.gated:
                await gate
            if self.failures and (failure := self.failures.popleft()) is not None:
                raise failure
        finally:
            self.under_way.remove((loaded, gate))
        self.models.append(MemoryModel(self, loaded, len(self.models)))
        return self.models[-1]

    def expect(self, is_so: bool, else_wrong: str) -> None:
        if not is_so:
            self.wrong.append(else_wrong)

    def finish(self) -> None:
        """The load under way ends; as a failure, if one is next."""
        for _, gate in self.under_way:
            if not gate.done():
                gate.set_result(None)


class Books:
    """A `Watcher` that writes everything down."""

    def __init__(self) -> None:
        self.told: list[tuple[str, ...]] = []
        self.counts: list[int] = []
        self.took_s: list[float] = []

    def loaded(self, model_id: str, took_s: float) -> None:
        self.told.append(("loaded", model_id))
        self.took_s.append(took_s)

    def failed(self, model_id: str) -> None:
        self.told.append(("failed", model_id))

    def left(self, model_id: str, why: Why) -> None:
        self.told.append(("left", model_id, why))

    def resident(self, count: int) -> None:
        self.counts.append(count)
