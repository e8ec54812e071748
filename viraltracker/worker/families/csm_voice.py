"""A voice of the `csm` family as the worker speaks with it. The family brings it into memory."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import anyio
import anyio.to_thread
import numpy as np

from viraltracker.audio import Clip, Floats, stretched
from viraltracker.errors import Refused, StudioError, TextTooLong
from viraltracker.speech import CONTINUITY, MOST_CONTINUITY_S
from viraltracker.worker.csm.asking import Ask
from viraltracker.worker.csm.endings import FRAMES_A_SECOND, expected_frames, most_frames
from viraltracker.worker.csm.listening import Listening
from viraltracker.worker.csm.plain import plain
from viraltracker.worker.csm.scenes import as_said, fitting
from viraltracker.worker.csm.settings import DEFAULT_MOOD
from viraltracker.worker.csm.thread import DeviceThread
from viraltracker.worker.families.checking import check_line
from viraltracker.worker.families.together import each_done
from viraltracker.worker.model import Line, Rendered, Voice

if TYPE_CHECKING:
    from torch import Tensor

    from viraltracker.worker.csm.ensemble import Ensemble, Part

__all__ = ["CsmModel", "Shared"]

_OPTIONS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {"temperature": (0.0, 1.5), "top_k": (1.0, 100.0), CONTINUITY: (0.0, MOST_CONTINUITY_S)}
)
_TEMPERATURE, _TOP_K = 0.9, 50.0
"""How the published checkpoint draws."""
_LINES_A_SLOT: Final = 4
"""So many lines are taken at once that slots whose line ends find the next one waiting."""


@dataclass(slots=True, eq=False)
class Shared:
    """A checkpoint in memory and the thread it lives in. `users`: models that speak with it."""

    ensemble: "Ensemble"
    thread: DeviceThread
    watching: "asyncio.Task[None] | None" = None
    users: int = 0


class CsmModel:
    """See `Model`. A voice with its moods; each mood is one of the voices that it offers."""

    options = _OPTIONS

    def __init__(
        self,
        pack_id: str,
        shared: Shared,
        part: "Part",
        moods: Sequence[str],
        leave: Callable[[], Awaitable[None]],
    ) -> None:
        self._id, self._shared, self._part, self._leave = pack_id, shared, part, leave
        self.rate_hz = shared.ensemble.shape.rate_hz
        self.batch = shared.ensemble.slots * _LINES_A_SLOT
        self.voices = tuple(Voice(mood, mood) for mood in moods or (DEFAULT_MOOD,))
        # What voices share is counted with the one that brought it.
        alone = shared.users == 1
        self.memory_bytes = shared.ensemble.memory_bytes if alone else part.memory_bytes

    def check(self, line: Line) -> None:
        """See `Model`."""
        check_line(line, _OPTIONS)
        if line.voice and not any(line.voice == voice.id for voice in self.voices):
            known = ", ".join(voice.id for voice in self.voices[:5])
            raise Refused(f"{self._id} has no voice {line.voice[:60]!r}. It has {known}.", field="voice.id")
        self._room(line, plain(line.text).text)

    async def speak(self, line: Line) -> AsyncGenerator[Floats]:
        """See `Model`. The first piece after two frames; a line at another speed comes whole."""
        if line.speed != 1.0:
            yield self._at_speed(await self._gathered(line, live=True, facts={}), line.speed)
            return
        async with aclosing(self._pieces(line, live=True, facts={})) as pieces:
            async for piece in pieces:
                yield piece

    async def render(self, lines: Sequence[Line]) -> AsyncGenerator[Rendered]:
        """See `Model`. All at once; the slots take them one after the other."""
        async with aclosing(each_done(lines, self._rendered)) as results:
            async for result in results:
                yield result

    async def close(self) -> None:
        """See `Model`."""
        await self._leave()

    async def _rendered(self, index: int, line: Line) -> Rendered:
        facts: dict[str, str] = {}
        samples = await self._gathered(line, live=False, facts=facts)
        return Rendered(index, self._at_speed(samples, line.speed), facts=facts)

    async def _gathered(self, line: Line, *, live: bool, facts: dict[str, str]) -> Floats:
        async with aclosing(self._pieces(line, live=live, facts=facts)) as pieces:
            return np.concatenate([piece async for piece in pieces])

    async def _pieces(self, line: Line, *, live: bool, facts: dict[str, str]) -> AsyncGenerator[Floats]:
        """The line's audio as the device makes it; then `facts` tell how it came about."""
        self.check(line)
        listening, device = Listening(), self._shared
        ask = await self._ask(line, listening, live=live, facts=facts)
        device.thread.tell(partial(device.ensemble.add, ask))
        try:
            async for piece in listening.pieces():
                yield piece
        finally:
            if not listening.over:
                with anyio.CancelScope(shield=True), suppress(StudioError):
                    await device.thread.ask(partial(device.ensemble.drop, ask))
        if listening.report is not None:
            facts.update(listening.report.facts())

    async def _ask(self, line: Line, listening: Listening, *, live: bool, facts: dict[str, str]) -> Ask:
        said = plain(line.text)
        if said.changed:
            facts["spoken_plainly"] = " ".join(said.changed)[:200]
        ids, most, spare = self._room(line, said.text)
        if line.speed != 1.0:
            facts["time_stretched"] = f"{line.speed:g}"
        return Ask(
            ids=ids,
            expected_frames=expected_frames(said.text),
            most_frames=most,
            listener=listening,
            voice=self._part.place,
            heard=await self._heard(line, spare, facts),
            seed=secrets.randbits(63) if line.seed is None else line.seed,
            temperature=line.options.get("temperature", _TEMPERATURE),
            top_k=round(line.options.get("top_k", _TOP_K)),
            live=live,
        )

    async def _heard(self, line: Line, spare: int, facts: dict[str, str]) -> "Tensor | None":
        """What the line follows: its mood's anchor, and its lines before, as far as `spare` positions go."""
        device, mood = self._shared, line.voice or self.voices[0].id
        seconds, ids = line.options.get(CONTINUITY, 0.0), device.ensemble.prompter.ids
        before = fitting(line.before, seconds, spare, device.ensemble.shape, ids)
        if not before:
            return self._part.heard.get(mood)
        facts["continues"] = f"{len(before)} of its lines, {sum(turn.seconds for turn in before):.1f} s"
        said = await anyio.to_thread.run_sync(as_said, before)
        return await device.thread.ask(partial(device.ensemble.heard, self._part, mood, said))

    def _room(self, line: Line, text: str) -> tuple[tuple[int, ...], int, int]:
        """The text's ids, how many frames it may take, and the positions that are left beside those.

        Raises `Refused` for no words, `TextTooLong`.
        """
        if not text:
            raise Refused("There is nothing to speak but marks. Write words.", field="text")
        ensemble = self._shared.ensemble
        ids = ensemble.prompter.ids(text)
        heard = self._part.positions.get(line.voice or self.voices[0].id, 0)
        room = ensemble.positions - heard - len(ids) - 2
        if room < expected_frames(text):
            takes_s, fits_s = (frames / FRAMES_A_SECOND for frames in (expected_frames(text), max(0, room)))
            raise TextTooLong(
                f"The line is too long for this voice: {len(text)} characters take some {takes_s:.0f} s, and "
                f"{fits_s:.0f} s fit. Split it.",
                field="text",
            )
        most = min(room, most_frames(text))
        return ids, most, room - most

    def _at_speed(self, samples: Floats, speed: float) -> Floats:
        return stretched(Clip(samples, self.rate_hz), speed).samples
