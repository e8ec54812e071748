"""The episode's picture: who speaks when, the master's waveform, its loudness against the target."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from viraltracker.ui.views.board import CastColour

__all__ = ["ClipBox", "Lane", "Loudness", "TimelineView"]


@dataclass(frozen=True, slots=True)
class ClipBox:
    """A beat's place: its number as shown ("01"), its name, and when it sounds."""

    beat: UUID
    label: str
    name: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Lane:
    """What one character says."""

    who: str
    clips: tuple[ClipBox, ...]


@dataclass(frozen=True, slots=True)
class Loudness:
    """Loudness over time: a value in LUFS every `step_ms`, and the target it is held against.

    None is silence. `label` is the target as shown ("-16 LUFS").
    """

    values_lufs: tuple[float | None, ...]
    step_ms: int
    target_lufs: float
    label: str


@dataclass(frozen=True, slots=True)
class TimelineView:
    """The timeline. `peaks` is base64 of one byte a bin over the whole length.

    `audio_url` plays the exported file; without one, `silent` says why nothing can be heard yet. `nothing` is
    shown instead of lanes when there are none.
    """

    duration_ms: int
    lanes: tuple[Lane, ...] = ()
    cast: Mapping[str, CastColour] = field(default_factory=dict)
    peaks: str = ""
    loudness: Loudness | None = None
    audio_url: str = ""
    silent: str = ""
    nothing: str = ""
