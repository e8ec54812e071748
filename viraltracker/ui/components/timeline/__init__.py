"""The episode's timeline (Episode page): waveform, a lane per character, loudness, a playhead.

In: a `TimelineView`. Out: `BeatWanted`, when a clip is opened to be worked on.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from viraltracker.ui.components.part import Part
from viraltracker.ui.state import inbox
from viraltracker.ui.views.timeline import TimelineView

__all__ = ["BeatWanted", "timeline", "timeline_events", "timeline_events_of"]

_PART = Part("timeline", script="timeline/main.js", styles=("timeline/timeline.css",))


class BeatWanted(BaseModel):
    """The producer wants to work on this beat."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["beat"] = "beat"
    beat: UUID


def timeline_events_of(letters: Iterable[Mapping[str, Any]]) -> tuple[BeatWanted, ...]:
    """The events in what the browser sent. Raises `ValidationError` for what the timeline never sends."""
    return tuple(BeatWanted.model_validate(letter) for letter in letters)


def timeline_events(key: str = "timeline") -> Iterator[BeatWanted]:
    """What the producer did since the last run."""
    for letter in inbox(key):
        yield from timeline_events_of([letter])


def timeline(view: TimelineView, key: str = "timeline") -> None:
    """Draw the timeline and the loudness below it."""
    _PART.draw(key, view)
