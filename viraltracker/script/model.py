"""The nouns of a script: what ELS text becomes. Pure values; knows nothing about voices, engines or storage.

Lengths are milliseconds, text is what is spoken. The source of every rule is the ELS format page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, NamedTuple

__all__ = [
    "PACES",
    "PAUSES_MS",
    "AudioTag",
    "Beat",
    "Cast",
    "CharacterStats",
    "Diagnostic",
    "Parsed",
    "Script",
    "Segment",
    "Severity",
    "Stats",
]

PACES: Mapping[str, float] = MappingProxyType(
    {"slow": 0.75, "deliberate": 0.85, "normal": 1.0, "quick": 1.08, "fast": 1.15, "chaos": 1.2}
)
"""Pace name -> factor on the voice's speed."""

PAUSES_MS: Mapping[str, int] = MappingProxyType(
    {"beat": 150, "short": 250, "medium": 400, "long": 600, "dramatic": 900}
)
"""Pause name -> milliseconds."""

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Cast:
    """Who may speak, as the parser needs it: canonical ids in order, and every accepted name's id.

    `names` maps an id or alias as written to its canonical id; the parser compares names folded.
    """

    ids: tuple[str, ...]
    names: Mapping[str, str]
    default: str = "every-coon"


@dataclass(frozen=True, slots=True)
class AudioTag:
    """`[laughs]`: sent to engines that take audio tags.

    `offset` counts code points into the segment's text: the tag stands before the character there, or at the
    end. A blank before a tag stays in front of it.
    """

    offset: int
    tag: str


@dataclass(frozen=True, slots=True)
class Segment:
    """One request to an engine: text with one speaker, direction, pace, stability and style.

    `pause_after_ms` is the silence before the next segment; 0 on a beat's last segment, whose pause is the
    beat's `trailing_pause_ms`. `stability` and `style` are 0..1 or unset; `direction` is an acting note,
    never spoken.
    """

    character: str
    text: str
    pace: str = "normal"
    direction: str | None = None
    stability: float | None = None
    style: float | None = None
    audio_tags: tuple[AudioTag, ...] = ()
    emphasis: tuple[str, ...] = ()
    strong_emphasis: tuple[str, ...] = ()
    pause_after_ms: int = 0


@dataclass(frozen=True, slots=True)
class Beat:
    """One beat. No segments: a silence as long as `trailing_pause_ms`, needing no take.

    `leading_pause_ms` and the segments' pauses are part of a take's audio; `trailing_pause_ms` is not. `line`
    is where `[BEAT:` stands (1-based).
    """

    id: str
    number: int
    name: str
    segments: tuple[Segment, ...]
    leading_pause_ms: int = 0
    trailing_pause_ms: int = 300
    line: int = field(default=1, compare=False)

    @property
    def text(self) -> str:
        """All that is spoken, joined by one space."""
        return " ".join(segment.text for segment in self.segments)


@dataclass(frozen=True, slots=True)
class Script:
    """A script without errors."""

    title: str
    project: str
    beats: tuple[Beat, ...]


class Diagnostic(NamedTuple):
    """One finding. `line` and `column` are 1-based; columns count code points; `length` is what to underline.

    `replacement`, where known, is what to put over those `length` code points to mend it.
    """

    code: str
    severity: Severity
    line: int
    column: int
    message: str
    hint: str | None = None
    length: int = 1
    replacement: str | None = None


@dataclass(frozen=True, slots=True)
class CharacterStats:
    """What one character has to say. `duration_ms` is an estimate without pauses."""

    lines: int
    characters: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts of a script; `duration_ms` is the estimate with all pauses."""

    beats: int
    lines: int
    characters: int
    duration_ms: int
    cast: Mapping[str, CharacterStats]


@dataclass(frozen=True, slots=True)
class Parsed:
    """The result of one pass: diagnostics always, `script` only where there is no error.

    `stats` are there whenever the text could be read at all; with errors, of what could be made of it.
    """

    script: Script | None
    diagnostics: Sequence[Diagnostic]
    stats: Stats | None

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that keep the script from being used."""
        return tuple(d for d in self.diagnostics if d.severity == "error")

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that a producer may leave as they are."""
        return tuple(d for d in self.diagnostics if d.severity == "warning")
