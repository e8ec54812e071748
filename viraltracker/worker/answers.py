"""Messages of the wire to the worker's nouns and back. What a client sends is checked here, by field."""

import math
from collections.abc import Iterable
from typing import Final

from viraltracker.errors import Refused
from viraltracker.speech.rpc import tts_pb2 as wire
from viraltracker.worker.live import Frame
from viraltracker.worker.model import Line, ModelFacts
from viraltracker.worker.sessions import Mode

__all__ = ["audio_frame", "honoured", "line_of", "mode_of", "model_info", "spoken_languages"]

_MODES: Final[dict[int, Mode]] = {wire.MODE_LIVE: "live", wire.MODE_RENDER: "render"}
_STATES: Final = {
    "absent": wire.ABSENT,
    "loading": wire.LOADING,
    "resident": wire.RESIDENT,
    "unloading": wire.UNLOADING,
    "failed": wire.FAILED,
}
_MOST_OPTIONS: Final = 32


def mode_of(mode: int) -> Mode:
    """The session's mode. Raises `Refused`."""
    if mode not in _MODES:
        raise Refused("A session is for MODE_LIVE or MODE_RENDER. Say which.", field="mode")
    return _MODES[mode]


def line_of(voice: wire.Voice, text: str = "") -> Line:
    """A line as that voice would speak it. Raises `Refused`; what a model can't do it says itself."""
    if not math.isfinite(voice.speed) or voice.speed < 0:
        raise Refused("A voice's speed is a number above 0.", field="voice.speed")
    if len(voice.options) > _MOST_OPTIONS:
        raise Refused(f"A voice has {_MOST_OPTIONS} options at most.", field="voice.options")
    for name, value in voice.options.items():
        if not math.isfinite(value):
            raise Refused(f"{name[:40]} is no number.", field=f"voice.options.{name[:40]}")
    return Line(
        text,
        voice.id,
        voice.speed or 1.0,
        voice.seed if voice.HasField("seed") else None,
        dict(voice.options),
    )


def audio_frame(frame: Frame, seq: int) -> wire.AudioFrame:
    """A live frame as it goes out."""
    return wire.AudioFrame(
        generation=frame.generation,
        seq=seq,
        line=frame.line,
        pcm=frame.pcm,
        end_of_line=frame.end_of_line,
        at_sample=frame.at_sample,
    )


def model_info(facts: ModelFacts, default: str) -> wire.ModelInfo:
    """A model as ListModels shows it."""
    pack = facts.pack
    return wire.ModelInfo(
        id=pack.id,
        family=pack.family,
        title=pack.title,
        version=pack.version,
        languages=pack.languages,
        capabilities=sorted(pack.capabilities),
        rate_hz=pack.rate_hz,
        licence=pack.licence,
        consent=pack.consent,
        state=_STATES[facts.state],
        problem=facts.problem,
        sessions=facts.users,
        memory_bytes=facts.memory_bytes,
        resident_s=facts.resident_s,
        rtf=facts.rtf or 0.0,
        is_default=pack.id == default,
        voices=[wire.VoiceInfo(id=v.id, name=v.name, description=v.description) for v in facts.voices],
        options={name: wire.Range(lowest=low, highest=high) for name, (low, high) in facts.options.items()},
    )


def honoured(facts: Iterable[ModelFacts]) -> list[str]:
    """Every capability that some model has."""
    return sorted({capability for each in facts for capability in each.pack.capabilities})


def spoken_languages(facts: Iterable[ModelFacts]) -> list[str]:
    """Every language that some model speaks."""
    return sorted({language for each in facts for language in each.pack.languages})
