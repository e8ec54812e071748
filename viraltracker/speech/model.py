"""What goes to an engine and what comes back. Knows no vendor, no beat and no storage."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from viraltracker.audio import Clip
from viraltracker.speech.scene import Turn

__all__ = [
    "AudioTagAt",
    "Capabilities",
    "Estimate",
    "Health",
    "Price",
    "Speech",
    "SpeechRequest",
    "Support",
    "VoiceInfo",
]

_NOTHING: Mapping[str, float] = MappingProxyType({})
_NO_NOTES: Mapping[str, Mapping[str, str]] = MappingProxyType({})

Support = Literal["honoured", "approximated", "not used"]
"""What an engine does with a part of the script; shown on the page, never dropped silently."""


@dataclass(frozen=True, slots=True)
class Price:
    """What text costs: US dollars per 1,000 characters, and the date the figure was checked (ISO)."""

    usd_per_1000_chars: float
    checked: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """An engine's report of what it can do.

    `repeatable`: the same settings always give the same audio, so "again" needs a changed setting; where only
    some models' families (`family/name`) do, `repeatable_families`. `repeats` asks for a model.
    `remote`: it speaks on another machine or in another process, so its calls wait instead of computing.
    `concurrency`: calls the provider takes at once, over all workers together (None: no limit but
    the machine's own).
    `support`: part of the script -> what becomes of it, for the engine's first model; keys: direction,
    audio_tags, stability, similarity, style, speed, seed, neighbours, continuity. `Synthesizer.support` asks
    for a model.
    `options`: the engine's own numeric knobs -> (lowest, highest), for its first model; `Synthesizer.options`
    asks for a model.
    `max_chars`: the longest text that each of its models takes, in code points.
    `family_notes`: a model's family -> part of the script -> in words, what becomes of it; `note` asks.
    """

    engine: str
    title: str
    repeatable: bool
    rate_hz: int
    max_chars: int
    support: Mapping[str, Support]
    options: Mapping[str, tuple[float, float]]
    models: tuple[str, ...] = ()
    concurrency: int | None = None
    streaming: bool = False
    timestamps: bool = False
    price: Price | None = None
    timeout_s: float = 60.0
    remote: bool = False
    repeatable_families: frozenset[str] = frozenset()
    family_notes: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: _NO_NOTES)

    def repeats(self, model: str | None) -> bool:
        """Whether the same settings always give the same audio with `model`."""
        return self.repeatable or (model or "").partition("/")[0] in self.repeatable_families

    def note(self, model: str | None, part: str) -> str:
        """What becomes of that part with `model` where one word doesn't say it; else empty."""
        return self.family_notes.get((model or "").partition("/")[0], {}).get(part, "")

    def uses(self, part: str) -> bool:
        """Whether that part of the script changes this engine's audio."""
        return self.support.get(part, "not used") != "not used"


@dataclass(frozen=True, slots=True)
class AudioTagAt:
    """A non-verbal tag and where it stands, in code points into the text."""

    offset: int
    tag: str


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """One line for one voice. Values the engine doesn't use are unset before it is asked (see takes.plan).

    `said`: what the voice said before in the scene and shall hear now, the earliest first.
    """

    text: str
    voice: str
    model: str | None = None
    direction: str | None = None
    stability: float | None = None
    similarity: float | None = None
    style: float | None = None
    speed: float = 1.0
    seed: int | None = None
    previous_text: str | None = None
    next_text: str | None = None
    audio_tags: tuple[AudioTagAt, ...] = ()
    options: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    said: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a request will cost, before it is made. `exact` is False where the provider decides afterwards."""

    characters: int
    usd: float
    exact: bool
    price_checked: str | None = None


@dataclass(frozen=True, slots=True)
class Speech:
    """An answer: the audio, its bytes as they came (kept as bought), and what the provider charged.

    `charged_characters` and `usd` are the provider's own figures where it gives them, else the estimate's.
    """

    clip: Clip
    payload: bytes
    media_type: str
    charged_characters: int = 0
    usd: float = 0.0
    exact: bool = True
    request_id: str | None = None
    facts: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VoiceInfo:
    """A voice that an engine offers. `model`: the one it speaks with, where it isn't the engine's first."""

    id: str
    name: str
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """Whether an engine can be used now. `needs` names the setting that is missing, never its value."""

    ready: bool
    note: str
    needs: str | None = None
    characters_left: int | None = None
    concurrency: int | None = None
