"""The voice workers (Voices page): a card each, their models with buttons, and a test line to try one with.

In: a `WorkersView`. Out: `WorkersEvent`s. What the workers call themselves is drawn as text and never comes
back: events carry the ids that the view was given.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from viraltracker.ui.components.part import Part
from viraltracker.ui.state import inbox
from viraltracker.ui.views.workers import WorkersView

__all__ = ["ModelTended", "workers_events", "workers_events_of", "workers_part"]

_PART = Part("workers", script="workers/main.js", styles=("workers/workers.css",))


class ModelTended(BaseModel):
    """Do that with a model (`ModelLine.id`); `line` is the test line as it stands."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["tended"] = "tended"
    model: str = Field(max_length=64)
    action: Literal["load", "unload", "unload-idle", "say"]
    line: str = Field(default="", max_length=500)


def workers_events_of(letters: Iterable[Mapping[str, Any]]) -> tuple[ModelTended, ...]:
    """The events in what the browser sent. Raises `ValidationError` for what this part never sends."""
    return tuple(ModelTended.model_validate(letter) for letter in letters)


def workers_events(key: str = "workers") -> Iterator[ModelTended]:
    """What the producer did since the last run."""
    for letter in inbox(key):
        yield from workers_events_of([letter])


def workers_part(view: WorkersView, key: str = "workers") -> None:
    """Draw the workers."""
    _PART.draw(key, view)
