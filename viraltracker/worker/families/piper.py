"""The `piper` family: neural voices on the CPU, a sentence at a time. Knows files, lines and threads.

The library itself is GPL-3.0-or-later and an extra; it is imported by `PiperFamily.load` alone (through
`piper_voice`), so only ever in a voice worker's process. A pack is `<name>.onnx`, `<name>.onnx.json` and the
pack's `metadata.yaml`.

Piper's noise comes from inside the model's graph and takes no seed: the same line sounds a little different
every time, unless both noise scales are 0.
"""

import hashlib
import os
import re
import unicodedata
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import anyio
import numpy as np
from pydantic import ValidationError

from viraltracker.audio import Floats
from viraltracker.errors import Refused, SettingsRefused
from viraltracker.worker.families.checking import check_line
from viraltracker.worker.families.piper_file import PiperSettings, VoiceFile, read_voice_file
from viraltracker.worker.families.threads import in_thread
from viraltracker.worker.families.together import as_done
from viraltracker.worker.model import Line, Pack, Rendered, Voice

if TYPE_CHECKING:
    from viraltracker.worker.families.piper_voice import LoadedVoice

__all__ = ["PIPER_CAPABILITIES", "PiperFamily", "PiperModel"]

PIPER_CAPABILITIES: Final = frozenset({"streaming", "batching", "speed"})
_OPTIONS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "length_scale": (0.25, 4.0),
        "noise_scale": (0.0, 2.0),
        "noise_w_scale": (0.0, 2.0),
        "normalize": (0.0, 1.0),
        "volume": (0.05, 2.0),
    }
)
_LENGTH_SCALE: Final = (0.1, 5.0)
"""What is left of the length once the speed divides it: beyond, nothing can be understood."""
_SINGLE: Final = "default"
# What Piper takes for phonemes stands in pairs of these; one that is not closed would eat two letters.
_OPEN_BLOCK: Final = re.compile(r"\[\[(?!.*?\]\])", re.DOTALL)
_PARTED: Final = ("piper", "onnxruntime")


class PiperFamily:
    """Loads Piper voices. Lines of all of them share the `limiter`; a sentence takes `threads` at a time."""

    name = "piper"

    def __init__(self, *, limiter: anyio.CapacityLimiter | None = None, threads: int | None = None) -> None:
        cores = os.cpu_count() or 2
        # Two threads bring a line's first sound forward; on few cores they would wait for each other.
        self._threads = threads or (2 if cores >= 4 else 1)
        self._limiter = limiter or anyio.CapacityLimiter(max(1, cores // self._threads))

    @property
    def built_in(self) -> tuple[Pack, ...]:
        """See `Family`. Voices are installed."""
        return ()

    async def load(self, pack: Pack) -> "PiperModel":
        """See `Family`. Reads, checks and tries the files; `SettingsRefused` also where Piper is missing."""
        loading = partial(_load, pack, self._threads)
        description, loaded, size_bytes = await in_thread(loading, self._limiter, stop=_nothing)
        return PiperModel(pack, description, loaded, size_bytes, self._limiter)


class PiperModel:
    """See `Model`. Lines run side by side, each in a thread of its own while a sentence of it is made.

    `loaded`: what is in memory; None once it is given back.
    """

    options = _OPTIONS

    def __init__(
        self,
        pack: Pack,
        description: VoiceFile,
        loaded: "LoadedVoice",
        size_bytes: int,
        limiter: anyio.CapacityLimiter,
    ) -> None:
        self._id = pack.id
        self._inference = description.inference
        self.loaded: LoadedVoice | None = loaded
        self._limiter = limiter
        self._speakers = dict(description.speakers)
        self.rate_hz = description.audio.sample_rate
        self.memory_bytes = size_bytes
        self.batch = int(limiter.total_tokens)
        self.voices = tuple(Voice(name, name) for name in self._speakers or (_SINGLE,))

    def check(self, line: Line) -> None:
        """See `Model`."""
        check_line(line, _OPTIONS)
        if line.voice and not any(line.voice == voice.id for voice in self.voices):
            few = ", ".join(voice.id for voice in self.voices[:5])
            more = " and others" if len(self.voices) > 5 else ""
            raise Refused(
                f"{self._id} has no voice {line.voice[:60]!r}. It has {few}{more}.", field="voice.id"
            )
        _speakable(line.text)
        low, high = _LENGTH_SCALE
        length_scale = self._length_scale(line)
        if not low <= length_scale <= high:
            raise Refused(
                f"At speed {line.speed:g} the voice would take {length_scale:.3g} times its length; "
                f"{low:g} to {high:g} can be understood. Change the speed or length_scale.",
                field="voice.speed",
            )

    async def speak(self, line: Line) -> AsyncGenerator[Floats]:
        """See `Model`. Each sentence as soon as it is made."""
        self.check(line)
        if self.loaded is None:
            raise Refused(f"{self._id} was unloaded. Load it again.")
        from viraltracker.worker.families.piper_voice import Stop

        stop = Stop()
        sentences = self.loaded.spoken(_speakable(line.text), self._settings(line), stop)
        while (samples := await in_thread(partial(_next, sentences), self._limiter, stop)) is not None:
            yield samples

    async def render(self, lines: Sequence[Line]) -> AsyncGenerator[Rendered]:
        """See `Model`. As many at once as there are threads."""
        async with aclosing(as_done(lines, self._whole)) as results:
            async for result in results:
                yield result

    async def close(self) -> None:
        """See `Model`."""
        self.loaded = None

    async def _whole(self, line: Line) -> Floats:
        async with aclosing(self.speak(line)) as pieces:
            return np.concatenate([piece async for piece in pieces])

    def _length_scale(self, line: Line) -> float:
        return line.options.get("length_scale", self._inference.length_scale) / line.speed

    def _settings(self, line: Line) -> dict[str, Any]:
        """The line's values, by the names of Piper's `SynthesisConfig`; the voice's own where it has none."""
        wishes = line.options
        return {
            "speaker_id": self._speakers.get(line.voice or self.voices[0].id),
            "length_scale": self._length_scale(line),
            "noise_scale": wishes.get("noise_scale", self._inference.noise_scale),
            "noise_w_scale": wishes.get("noise_w_scale", self._inference.noise_w),
            "normalize_audio": wishes.get("normalize", 1.0) >= 0.5,
            "volume": wishes.get("volume", 1.0),
        }


def _load(pack: Pack, threads: int) -> "tuple[VoiceFile, LoadedVoice, int]":
    try:
        from viraltracker.worker.families.piper_voice import open_voice
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in _PARTED:
            raise
        raise SettingsRefused(
            "Piper is not installed. Install it with: pip install viraltracker[piper]"
        ) from None
    settings = _pack_settings(pack)
    model = pack.folder / f"{pack.id.partition('/')[2]}.onnx"
    described = model.with_name(f"{model.name}.json")
    description = read_voice_file(described)
    size_bytes = _size_bytes(model)
    for path in (model, described):
        _check_hash(path, settings.sha256.get(path.name))
    return description, open_voice(model, description, threads), size_bytes


def _pack_settings(pack: Pack) -> PiperSettings:
    try:
        return PiperSettings.model_validate(dict(pack.settings))
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        place = ".".join(["settings", *(str(part)[:40] for part in first["loc"])])
        raise SettingsRefused(
            f"metadata.yaml of {pack.id}: {place!r}: {first['msg'][:200]}. Mend it, or install again."
        ) from None


def _size_bytes(model: Path) -> int:
    try:
        return model.stat().st_size
    except OSError as refused:
        why = (refused.strerror or "no file").lower()
        raise SettingsRefused(
            f"The voice's file {model.name} can't be read: {why}. Install the voice again."
        ) from None


def _check_hash(path: Path, expected: str | None) -> None:
    """A few hundredths of a second for 60 MB; a model with a flipped bit would load, and hiss."""
    if expected is None:
        return
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise SettingsRefused(
            f"{path.name} isn't the file that was installed; it was changed or damaged. Install it again."
        )


def _speakable(text: str) -> str:
    """The text with control characters as blanks. Raises `Refused` for what can't be encoded."""
    if any(unicodedata.category(char) == "Cs" for char in text):
        raise Refused("A character of the line is half of a broken one. Write it again.", field="text")
    clean = "".join(" " if unicodedata.category(char) == "Cc" and char != "\n" else char for char in text)
    return _OPEN_BLOCK.sub(" ", clean)


def _next(sentences: Iterator[Floats]) -> Floats | None:
    return next(sentences, None)


def _nothing() -> None:
    """A load is short and can't be stopped in its middle."""
