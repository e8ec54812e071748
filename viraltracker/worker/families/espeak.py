"""The `espeak` family: the studio's embedded engine, served by a worker. It needs no files."""

import os
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Final

import anyio

from viraltracker.audio import Floats
from viraltracker.errors import Refused
from viraltracker.speech import SpeechRequest
from viraltracker.speech.espeak import EspeakEngine
from viraltracker.worker.families.checking import check_line
from viraltracker.worker.families.together import as_done
from viraltracker.worker.model import Line, Pack, Rendered, Voice

__all__ = ["EspeakFamily"]

_FIRST: Final = "en-us"
_MEMORY_BYTES: Final = 12 << 20
"""Of the child that speaks, once its dictionaries are read."""


class EspeakFamily:
    """Loads eSpeak NG. Each loaded model has a child process of its own, which forks for every line."""

    name = "espeak"

    @property
    def built_in(self) -> tuple[Pack, ...]:
        """See `Family`."""
        return (_pack(EspeakEngine().catalogue.languages),)

    async def load(self, pack: Pack) -> "EspeakModel":
        """See `Family`."""
        engine = EspeakEngine()
        voices = await engine.voices()
        return EspeakModel(engine, tuple(Voice(each.id, each.name, each.description) for each in voices))


class EspeakModel:
    """See `Model`. A line is made in some 15 ms, so it comes in one piece."""

    rate_hz = 22_050
    memory_bytes = _MEMORY_BYTES

    def __init__(self, engine: EspeakEngine, voices: tuple[Voice, ...]) -> None:
        self._engine = engine
        self.batch = os.cpu_count() or 2
        self.options: Mapping[str, tuple[float, float]] = engine.capabilities.options
        self.voices = tuple(sorted(voices, key=lambda voice: voice.id != _FIRST))

    def check(self, line: Line) -> None:
        """See `Model`. Any language takes any variant, listed or not."""
        check_line(line, self.options)
        try:
            self._engine.catalogue.resolve(line.voice or _FIRST)
        except Refused as refused:
            raise Refused(refused.message, field="voice.id") from None

    async def speak(self, line: Line) -> AsyncGenerator[Floats]:
        """See `Model`."""
        self.check(line)
        yield await self._spoken(line)

    async def render(self, lines: Sequence[Line]) -> AsyncGenerator[Rendered]:
        """See `Model`. All at once; the engine takes as many together as there are cores."""
        async with aclosing(as_done(lines, self._checked)) as results:
            async for result in results:
                yield result

    async def close(self) -> None:
        """See `Model`. Ends the child."""
        await self._engine.aclose()

    async def _checked(self, line: Line) -> Floats:
        self.check(line)
        return await self._spoken(line)

    async def _spoken(self, line: Line) -> Floats:
        request = SpeechRequest(
            text=line.text, voice=line.voice or _FIRST, speed=line.speed, options=line.options
        )
        with anyio.CancelScope(
            shield=True
        ):  # it takes milliseconds, and a broken off thread would go on alone
            speech = await self._engine.synthesize(request)
        return speech.clip.samples


def _pack(languages: Iterable[str]) -> Pack:
    return Pack(
        id="espeak/espeak-ng",
        family="espeak",
        title="eSpeak NG",
        version="1",
        languages=tuple(languages),
        capabilities=frozenset({"batching", "speed"}),
        rate_hz=22_050,
        licence="GPL-3.0-or-later; runs in a process of its own",
        consent="synthetic",
        folder=Path(),
    )
