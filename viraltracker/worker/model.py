"""The worker's nouns: a pack on disk, a line to speak, what came of it. Knows no wire and no engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from viraltracker.audio import Floats
from viraltracker.errors import StudioError
from viraltracker.speech import Turn

__all__ = ["LINE_CHARS", "Consent", "Line", "ModelFacts", "Pack", "Rendered", "State", "Voice"]

LINE_CHARS = 5_000
"""The longest text of one line, in code points."""

_NOTHING: Mapping[str, float] = MappingProxyType({})
_NO_FACTS: Mapping[str, str] = MappingProxyType({})

State = Literal["absent", "loading", "resident", "unloading", "failed"]
"""Where a model is: on disk only, on its way into memory, in memory, on its way out, or broken."""

Consent = Literal["own voice", "given", "synthetic", "dataset licence"]
"""Why this voice may be used: whose it is, or by which licence it was published."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A voice pack as its `metadata.yaml` describes it. `id` is `family/name`.

    `folder`: where its files lie; `Path()` where it needs none. `consent` is empty only where the file could
    not be read. `capabilities`: what the engine honours with it (streaming, batching, speed, seed).
    `settings`: the family's own entries of the file, checked by the family.
    """

    id: str
    family: str
    title: str
    version: str
    languages: tuple[str, ...]
    capabilities: frozenset[str]
    rate_hz: int
    licence: str
    consent: Consent | Literal[""]
    folder: Path
    settings: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice that a model offers."""

    id: str
    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One text for one voice of one model. `voice` empty: the model's first.

    `before`: what the voice said before in the scene, the earliest first; heard as far as the option
    `continuity_s` goes.
    """

    text: str
    voice: str = ""
    speed: float = 1.0
    seed: int | None = None
    options: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    before: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """What came of one line of a batch: mono samples at the model's rate, or why there are none.

    `facts`: how it came about, for whoever keeps it, in a few words each.
    """

    index: int
    samples: Floats | None = None
    problem: StudioError | None = None
    facts: Mapping[str, str] = field(default_factory=lambda: _NO_FACTS)


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model and how it stands.

    `users`: sessions that hold it. `rtf`: seconds of work for a second of audio over its last lines, None
    before the first. `problem`: why it failed, in words.
    """

    pack: Pack
    state: State
    users: int = 0
    memory_bytes: int = 0
    resident_s: float = 0.0
    rtf: float | None = None
    problem: str = ""
    voices: tuple[Voice, ...] = ()
    options: Mapping[str, tuple[float, float]] = field(default_factory=dict)
