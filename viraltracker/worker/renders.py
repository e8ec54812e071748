"""Whole lines that wait for their turn, taken together by voice.

A model that gains from a batch is given the lines of one voice at once: a voice is what is costly to change
(an adapter, an anchor). The voice whose line waits longest comes first.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

from viraltracker.audio import Floats
from viraltracker.errors import NonsenseAnswer, ProviderDown, StudioError, TryLater
from viraltracker.worker.metrics import Metrics
from viraltracker.worker.model import Line
from viraltracker.worker.ports import Held, Model

__all__ = ["Made", "Renders"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Made:
    """A line's audio: mono samples at `rate_hz`; seconds it waited, and seconds its batch took.

    `facts`: how it came about, as the model says.
    """

    samples: Floats
    rate_hz: int
    waited_s: float
    made_s: float
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    held: Held
    line: Line
    came_s: float
    answer: asyncio.Future[Made]


@dataclass(slots=True)
class _Queue:
    waiting: list[_Waiting] = field(default_factory=list)
    running: asyncio.Task[None] | None = None


class Renders:
    """The lines of all render sessions, by model."""

    def __init__(
        self,
        most_waiting: int,
        most_together: int,
        metrics: Metrics,
        spoke: Callable[[str, float, float], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_waiting = most_waiting
        self._most_together = most_together
        self._metrics = metrics
        self._spoke = spoke
        self._now = monotonic
        self._queues: dict[str, _Queue] = {}

    @property
    def depth(self) -> int:
        """Lines that wait, over all models."""
        return sum(len(queue.waiting) for queue in self._queues.values())

    async def speak(self, model: str, held: Held, line: Line) -> Made:
        """The line's audio, in its turn. Raises `TryLater` when too many wait, and what the model refuses.

        Cancelled while it waits, a line leaves the queue; in a batch its audio is thrown away.
        """
        if self.depth >= self._most_waiting:
            raise TryLater(
                f"{self.depth} lines wait at this voice worker, and it takes no more now.", after_s=2.0
            )
        queue = self._queues.setdefault(model, _Queue())
        waiting = _Waiting(held, line, self._now(), asyncio.get_running_loop().create_future())
        queue.waiting.append(waiting)
        if queue.running is None:
            queue.running = asyncio.create_task(self._run(model, queue), name=f"renders {model}")
        return await waiting.answer

    async def close(self) -> None:
        """End what is under way; what waits is told that the worker ends."""
        running = [queue.running for queue in self._queues.values() if queue.running is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, model: str, queue: _Queue) -> None:
        try:
            while waiting := [each for each in queue.waiting if not each.answer.done()]:
                queue.waiting = waiting
                await self._batch(model, queue)
        except Exception:  # noqa: BLE001 - process edge: a defect in a model must not mute the others
            _log.exception("render.broke", extra={"model": model})
            _refuse(queue.waiting, ProviderDown("The voice worker broke in the middle of this line."))
        finally:
            queue.running = None
            _refuse(queue.waiting, ProviderDown("The voice worker is ending. Ask another."))
            queue.waiting = []

    async def _batch(self, model: str, queue: _Queue) -> None:
        """Take the next lines of one voice, and speak them."""
        first = queue.waiting[0]
        try:
            async with first.held.using() as speaking:
                batch = _same_voice(queue.waiting, max(1, min(speaking.batch, self._most_together)))
                queue.waiting = [each for each in queue.waiting if each not in batch]
                try:
                    await self._speak(model, speaking, batch)
                finally:
                    _refuse(batch, ProviderDown("The voice worker is ending. Ask another."))
        except StudioError as problem:
            queue.waiting = [each for each in queue.waiting if each is not first]
            _refuse([first], problem)

    async def _speak(self, name: str, model: Model, batch: list[_Waiting]) -> None:
        began_s = self._now()
        for each in batch:
            self._metrics.waited(began_s - each.came_s)
        audio_s = 0.0
        async with aclosing(model.render([each.line for each in batch])) as results:
            async for result in results:
                each, made_s = batch[result.index], self._now() - began_s
                if result.samples is not None:
                    audio_s += len(result.samples) / model.rate_hz
                    waited_s = began_s - each.came_s
                    made = Made(result.samples, model.rate_hz, waited_s, made_s, result.facts)
                    if not each.answer.done():
                        each.answer.set_result(made)
                else:
                    _refuse([each], result.problem or NonsenseAnswer())
        if audio_s:
            self._spoke(name, self._now() - began_s, audio_s)


def _same_voice(waiting: list[_Waiting], most: int) -> list[_Waiting]:
    voice = waiting[0].line.voice
    return [each for each in waiting if each.line.voice == voice][:most]


def _refuse(waiting: list[_Waiting], problem: StudioError) -> None:
    for each in waiting:
        if not each.answer.done():
            each.answer.set_exception(problem)
