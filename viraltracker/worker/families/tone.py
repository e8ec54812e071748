"""The `tone` family: a sine for a voice, at whatever speed it is told. For tests and load tests."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import anyio
import numpy as np

from viraltracker.audio import Floats
from viraltracker.errors import Refused, StudioError
from viraltracker.speech import SpeechRequest
from viraltracker.speech.tone import TONE_VOICES_HZ, ToneEngine
from viraltracker.worker.families.checking import check_line
from viraltracker.worker.model import Line, Pack, Rendered, Voice

__all__ = ["TONE_PACK", "ToneFamily"]

TONE_PACK: Final = Pack(
    id="tone/tone",
    family="tone",
    title="Tone",
    version="1",
    languages=("en",),
    capabilities=frozenset({"streaming", "batching", "speed", "seed"}),
    rate_hz=24_000,
    licence="MIT",
    consent="synthetic",
    folder=Path(),
)
_PIECE_MS: Final = 100


class ToneFamily:
    """Loads tones. `load_s`: how long a load takes; `rtf`: seconds of work for a second of audio."""

    name = "tone"

    def __init__(
        self,
        *,
        load_s: float = 0.0,
        rtf: float = 0.0,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._load_s, self._rtf, self._sleep = load_s, rtf, sleep

    @property
    def built_in(self) -> tuple[Pack, ...]:
        """See `Family`."""
        return (TONE_PACK,)

    async def load(self, pack: Pack) -> "ToneModel":
        """See `Family`."""
        if self._load_s:
            await self._sleep(self._load_s)
        return ToneModel(pack.rate_hz, self._rtf, self._sleep)


class ToneModel:
    """See `Model`."""

    batch = 8
    memory_bytes = 1 << 20
    options: Mapping[str, tuple[float, float]] = {}

    def __init__(self, rate_hz: int, rtf: float, sleep: Callable[[float], Awaitable[None]]) -> None:
        self.rate_hz = rate_hz
        self._rtf, self._sleep = rtf, sleep
        self._engine = ToneEngine(rate_hz=rate_hz)

    @property
    def voices(self) -> tuple[Voice, ...]:
        """See `Model`."""
        return tuple(Voice(name, f"{name.capitalize()}, {hz:g} Hz") for name, hz in TONE_VOICES_HZ.items())

    def check(self, line: Line) -> None:
        """See `Model`."""
        check_line(line, self.options)
        if line.voice and line.voice not in TONE_VOICES_HZ:
            raise Refused(
                f'The tone has no voice "{line.voice[:60]}". It has {", ".join(TONE_VOICES_HZ)}.',
                field="voice.id",
            )

    async def speak(self, line: Line) -> AsyncGenerator[Floats]:
        """See `Model`."""
        samples = await self._made(line)
        length = self.rate_hz * _PIECE_MS // 1000
        for at in range(0, len(samples), length):
            piece = samples[at : at + length]
            if self._rtf:
                await self._sleep(self._rtf * len(piece) / self.rate_hz)
            yield piece

    async def render(self, lines: Sequence[Line]) -> AsyncGenerator[Rendered]:
        """See `Model`. A batch takes as long as its longest line."""
        for index, line in enumerate(lines):
            try:
                samples = await self._made(line)
            except StudioError as problem:
                yield Rendered(index, problem=problem)
                continue
            if self._rtf and index == 0:
                await self._sleep(self._rtf * len(samples) / self.rate_hz)
            yield Rendered(index, samples)

    async def close(self) -> None:
        """See `Model`. There is nothing to give back."""

    async def _made(self, line: Line) -> Floats:
        self.check(line)
        voice = line.voice or next(iter(TONE_VOICES_HZ))
        request = SpeechRequest(text=line.text, voice=voice, speed=line.speed, seed=line.seed)
        return (await self._engine.synthesize(request)).clip.samples.astype(np.float32, copy=False)
