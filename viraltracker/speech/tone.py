"""The tone engine: a sine for a voice. Free, instant, exact; what tests and benchmarks speak with.

Product code on the real port. The tone's pitch tells the voice, its length the text (65 ms a character, over
the speed), so a test can hear who said what. It keeps a history like a provider's, can be given a price, a
delay, and a list of failures to raise before it works. It looks at no clock: sleep and time are handed in.
"""

import math
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final
from uuid import uuid4

import anyio
import numpy as np

from viraltracker.audio import Clip, encode_wav, fade
from viraltracker.errors import OutcomeUnknown, Refused, SpeechError, TextTooLong
from viraltracker.speech.model import (
    Capabilities,
    Estimate,
    Health,
    Price,
    Speech,
    SpeechRequest,
    Support,
    VoiceInfo,
)
from viraltracker.units import samples_of

__all__ = ["TONE_VOICES_HZ", "ToneEngine"]

TONE_VOICES_HZ: Final[Mapping[str, float]] = MappingProxyType(
    {"bass": 98.0, "baritone": 131.0, "tenor": 175.0, "alto": 233.0, "mezzo": 311.0, "soprano": 415.0}
)
"""Voice -> pitch, a fourth apart: far enough to be told from each other with any seed."""

_MS_A_CHARACTER: Final = 65
_MAX_CHARS: Final = 5_000
_LEVEL: Final = 0.25
_SUPPORT: Final[Mapping[str, Support]] = MappingProxyType(
    {
        "direction": "not used",
        "audio_tags": "not used",
        "stability": "not used",
        "similarity": "not used",
        "style": "not used",
        "speed": "honoured",
        "seed": "honoured",
        "neighbours": "not used",
        "continuity": "not used",
    }
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class ToneEngine:
    """Speaks sines. `calls` counts requests that came in, `most_at_once` how many were under way together.

    `failures`: one entry a call, in order; None works. An `OutcomeUnknown` is raised only after the call was
    done and kept in the history, as when a line breaks before the answer comes: `recover` then finds it.
    `repeatable` False: every call sounds a little different, as with a paid engine.
    """

    def __init__(
        self,
        *,
        engine: str = "tone",
        repeatable: bool = True,
        rate_hz: int = 44_100,
        concurrency: int | None = None,
        price: Price | None = None,
        delay_s: float = 0.0,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        failures: Iterable[SpeechError | None] = (),
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._capabilities = Capabilities(
            engine=engine,
            title="Tone",
            repeatable=repeatable,
            rate_hz=rate_hz,
            max_chars=_MAX_CHARS,
            support=_SUPPORT,
            options={},
            concurrency=concurrency,
            price=price,
            timeout_s=5.0,
        )
        self._delay_s = delay_s
        self._sleep = sleep
        self._failures = list(failures)
        self._now = now
        # A provider gives no request id twice, not even after a restart: it says whose an answer is.
        self._life = uuid4().hex[:12]
        self._history: list[tuple[datetime, SpeechRequest, Speech]] = []
        self._under_way = 0
        self.calls = 0
        self.most_at_once = 0

    @property
    def capabilities(self) -> Capabilities:
        """See `Synthesizer`."""
        return self._capabilities

    def support(self, model: str | None) -> Mapping[str, Support]:
        """See `Synthesizer`. There is one model."""
        return _SUPPORT

    def options(self, model: str | None) -> Mapping[str, tuple[float, float]]:
        """See `Synthesizer`. The same for all models."""
        return self._capabilities.options

    def estimate(self, request: SpeechRequest) -> Estimate:
        """See `Synthesizer`. Free, unless the engine was given a price; then exact."""
        price = self._capabilities.price
        if price is None:
            return Estimate(characters=len(request.text), usd=0.0, exact=True)
        usd = len(request.text) * price.usd_per_1000_chars / 1000
        return Estimate(len(request.text), usd, exact=True, price_checked=price.checked)

    async def synthesize(self, request: SpeechRequest) -> Speech:
        """See `Synthesizer`. Raises `Refused`, `TextTooLong`, and what `failures` holds."""
        _check(request)
        self.calls += 1
        call = self.calls
        failure = self._failures.pop(0) if self._failures else None
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        try:
            if self._delay_s:
                await self._sleep(self._delay_s)
        finally:
            self._under_way -= 1
        if failure is not None and not isinstance(failure, OutcomeUnknown):
            raise failure
        speech = self._made(request, call)
        self._history.append((self._now(), request, speech))
        if failure is not None:
            raise failure
        return speech

    async def recover(self, request: SpeechRequest, since: datetime) -> tuple[Speech, ...]:
        """See `Synthesizer`. Everything that was ever said is in the history, oldest first."""
        return tuple(speech for at, asked, speech in self._history if at >= since and asked == request)

    async def voices(self) -> tuple[VoiceInfo, ...]:
        """See `Synthesizer`."""
        return tuple(
            VoiceInfo(name, f"{name.capitalize()} ({pitch_hz:g} Hz)")
            for name, pitch_hz in TONE_VOICES_HZ.items()
        )

    async def health(self) -> Health:
        """See `Synthesizer`."""
        return Health(ready=True, note="always there, free", concurrency=self._capabilities.concurrency)

    async def aclose(self) -> None:
        """See `Synthesizer`. There is nothing to end."""

    def _made(self, request: SpeechRequest, call: int) -> Speech:
        rate_hz = self._capabilities.rate_hz
        shift = ((request.seed or 0) % 997) + (0 if self._capabilities.repeatable else call * 37) % 997
        pitch_hz = TONE_VOICES_HZ[request.voice] * (1 + 0.04 * (shift % 997) / 997)
        length = samples_of(round(_MS_A_CHARACTER * len(request.text) / request.speed), rate_hz)
        phase = np.arange(length, dtype=np.float64) * (2 * np.pi * pitch_hz / rate_hz)
        wave = fade(Clip((_LEVEL * np.sin(phase)).astype(np.float32), rate_hz), 5, 5)
        # What is sold is the 16-bit file, so the samples given are those it holds.
        clip = Clip((np.rint(wave.samples * 32768) / 32768).astype(np.float32), rate_hz)
        cost = self.estimate(request)
        return Speech(
            clip,
            encode_wav(clip),
            "audio/wav",
            charged_characters=cost.characters if self._capabilities.price else 0,
            usd=cost.usd,
            request_id=f"{self._capabilities.engine}-{self._life}-{call}",
            facts={"pitch_hz": round(pitch_hz, 3)},
        )


def _check(request: SpeechRequest) -> None:
    if not request.text.strip():
        raise Refused("There is no text to speak. Write some, or remove the line.")
    if len(request.text) > _MAX_CHARS:
        raise TextTooLong(
            f"The line has {len(request.text)} characters; the tone takes {_MAX_CHARS}. Split it."
        )
    if request.voice not in TONE_VOICES_HZ:
        raise Refused(
            f'The tone engine has no voice "{request.voice[:60]}". It has {", ".join(TONE_VOICES_HZ)}.'
        )
    if request.options:
        raise Refused("The tone engine has no options. Remove them from the voice profile.")
    if not (math.isfinite(request.speed) and request.speed > 0):
        raise Refused(f"The tone engine can't speak at {request.speed} times its speed. Pick 0.7 to 1.2.")
