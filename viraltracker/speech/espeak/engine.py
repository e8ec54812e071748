"""The eSpeak NG engine: requests to orders, PCM to clips. Knows the port; the process knows the library.

Pitch, pitch range, rate, volume and the voice are honoured; there is nothing in a formant synthesiser for the
rest to steer, and the capability report says so.
"""

import math
import os
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Final

import anyio
import anyio.to_thread
import espeakng_loader

from viraltracker.audio import encode_wav, from_pcm16, trim_silence
from viraltracker.errors import ProviderDown, Refused, SpeechError, TextTooLong
from viraltracker.speech.espeak.catalogue import Catalogue
from viraltracker.speech.espeak.child import NO_VOICE, OK
from viraltracker.speech.espeak.process import SpeakingProcess
from viraltracker.speech.model import (
    Capabilities,
    Estimate,
    Health,
    Speech,
    SpeechRequest,
    Support,
    VoiceInfo,
)

__all__ = ["EspeakEngine"]

_RATE_WPM: Final = (80.0, 450.0)
_OPTIONS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"pitch": (0.0, 99.0), "pitch_range": (0.0, 99.0), "rate_wpm": _RATE_WPM, "volume": (1.0, 100.0)}
)
_DEFAULTS: Mapping[str, float] = MappingProxyType(
    # At volume 100 a third of the variants clip or run into the library's limiter, at 50 none clips audibly
    # (measured over all 104 with loud text); louder is a profile's choice.
    {"pitch": 50.0, "pitch_range": 50.0, "rate_wpm": 165.0, "volume": 50.0}
)
_SUPPORT: Mapping[str, Support] = MappingProxyType(
    {
        "direction": "not used",
        "audio_tags": "not used",
        "stability": "not used",
        "similarity": "not used",
        "style": "not used",
        "speed": "honoured",
        "seed": "not used",
        "neighbours": "not used",
        "continuity": "not used",
    }
)
_MAX_CHARS: Final = 5_000
_QUIET_DBFS: Final = -60.0
_KEPT_MS: Final = 20
"""Kept of the silence around a line; what the library appends would add to the script's pauses."""


class EspeakEngine:
    """Speaks with eSpeak NG, `at_once` lines at a time (default: as many as the machine has cores)."""

    def __init__(self, *, at_once: int | None = None, timeout_s: float = 30.0) -> None:
        self._data = Path(espeakng_loader.get_data_path())
        self._process = SpeakingProcess(Path(espeakng_loader.get_library_path()), self._data)
        self._limiter = anyio.CapacityLimiter(at_once or os.cpu_count() or 2)
        self._capabilities = Capabilities(
            engine="espeak",
            title="eSpeak NG",
            repeatable=True,
            rate_hz=22_050,
            max_chars=_MAX_CHARS,
            support=_SUPPORT,
            options=_OPTIONS,
            timeout_s=timeout_s,
        )

    @property
    def capabilities(self) -> Capabilities:
        """See `Synthesizer`."""
        return self._capabilities

    @property
    def pid(self) -> int | None:
        """The warm child's process id, None while there is none."""
        return self._process.pid

    @cached_property
    def catalogue(self) -> Catalogue:
        """Languages and variants; 250 small files are read at the first use (about 20 ms)."""
        return Catalogue.read(self._data)

    def support(self, model: str | None) -> Mapping[str, Support]:
        """See `Synthesizer`. There is one model."""
        return _SUPPORT

    def options(self, model: str | None) -> Mapping[str, tuple[float, float]]:
        """See `Synthesizer`. The same for all models."""
        return self._capabilities.options

    def estimate(self, request: SpeechRequest) -> Estimate:
        """See `Synthesizer`. It costs nothing."""
        return Estimate(characters=len(request.text), usd=0.0, exact=True)

    async def synthesize(self, request: SpeechRequest) -> Speech:
        """See `Synthesizer`. Raises `Refused`, `TextTooLong`, and `ProviderDown` when the process dies."""
        # A cancelled line's thread is left to end by itself: it takes milliseconds and holds nothing of ours.
        return await anyio.to_thread.run_sync(
            self._speak, request, abandon_on_cancel=True, limiter=self._limiter
        )

    async def recover(self, request: SpeechRequest, since: datetime) -> tuple[Speech, ...]:
        """See `Synthesizer`. Nothing was paid, so nothing is lost."""
        return ()

    async def voices(self) -> tuple[VoiceInfo, ...]:
        """See `Synthesizer`. English in all variants, the others plain; any language takes any variant."""
        catalogue = await anyio.to_thread.run_sync(lambda: self.catalogue)
        return catalogue.infos()

    async def health(self) -> Health:
        """See `Synthesizer`. Speaks a word to find out."""
        try:
            await self.synthesize(SpeechRequest(text="ready", voice="en-us"))
        except SpeechError as problem:
            return Health(ready=False, note=problem.message)
        return Health(ready=True, note="always there, free")

    async def aclose(self) -> None:
        """End the child process. Safe to call twice."""
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._process.close)

    def _speak(self, request: SpeechRequest) -> Speech:
        order = self._order(request)
        answer = self._process.speak(order, self._capabilities.timeout_s)
        if answer.status != OK:
            what = "know the voice" if answer.status == NO_VOICE else "speak the line"
            raise ProviderDown(f'eSpeak NG did not {what} though it should ("{order["voice"]}").')
        if not any(answer.pcm):
            raise Refused(
                "There is nothing in this line that eSpeak NG could say. Write words, or remove it."
            )
        spoken = from_pcm16(answer.pcm, answer.rate_hz)
        clip = trim_silence(spoken, below_dbfs=_QUIET_DBFS, keep_ms=_KEPT_MS)
        facts = {"voice": order["voice"], "rate_wpm": order["rate_wpm"]}
        return Speech(clip, encode_wav(clip), "audio/wav", facts=facts)

    def _order(self, request: SpeechRequest) -> dict[str, str | int]:
        """What the child is asked to do. Raises `Refused` and `TextTooLong`."""
        options = {**_DEFAULTS, **_checked(request.options)}
        if not math.isfinite(request.speed) or request.speed <= 0:
            raise Refused(f"eSpeak NG can't speak at {request.speed} times its speed. Pick 0.7 to 1.2.")
        slowest, fastest = _RATE_WPM
        return {
            "text": _speakable(request.text),
            "voice": self.catalogue.resolve(request.voice),
            "rate_wpm": round(min(max(options["rate_wpm"] * request.speed, slowest), fastest)),
            "pitch": round(options["pitch"]),
            "pitch_range": round(options["pitch_range"]),
            "volume": round(options["volume"]),
        }


def _checked(options: Mapping[str, float]) -> Mapping[str, float]:
    for name, value in options.items():
        if name not in _OPTIONS:
            raise Refused(f'eSpeak NG has no option "{name[:40]}". It has {", ".join(_OPTIONS)}.')
        low, high = _OPTIONS[name]
        if not low <= value <= high:
            raise Refused(f"eSpeak NG takes a {name} from {low:g} to {high:g}, not {value:g}.")
    return options


def _speakable(text: str) -> str:
    """The text with control characters as blanks: eSpeak NG reads commands after some of them."""
    clean = "".join(" " if unicodedata.category(char) == "Cc" else char for char in text).strip()
    if not clean:
        raise Refused("There is no text to speak. Write some, or remove the line.")
    if len(clean) > _MAX_CHARS:
        raise TextTooLong(
            f"The line has {len(clean)} characters; eSpeak NG takes {_MAX_CHARS}. Split the beat."
        )
    try:
        clean.encode()
    except UnicodeEncodeError as problem:
        raise Refused(
            f"Character {problem.start + 1} of the line is half of a broken one. Write it again."
        ) from None
    return clean
