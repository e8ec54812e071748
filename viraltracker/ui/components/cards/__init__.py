"""Cards with tables: facts, and what can be done about each; tighter than Streamlit's own tables.

In: a `Sheet`. Out: `Clicked`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from viraltracker.ui.components.part import Part
from viraltracker.ui.state import inbox
from viraltracker.ui.views.cards import Sheet

__all__ = ["Clicked", "cards", "cards_events", "cards_events_of"]

_PART = Part("cards", script="cards/main.js", styles=("cards/cards.css",))


class Clicked(BaseModel):
    """A button of a row (`action`), the row itself (no action), or a button below a card (no row)."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["clicked"] = "clicked"
    card: str = Field(max_length=200)
    row: str = Field(default="", max_length=200)
    action: str = Field(default="", max_length=200)


def cards_events_of(letters: Iterable[Mapping[str, Any]]) -> tuple[Clicked, ...]:
    """The events in what the browser sent. Raises `ValidationError` for what the cards never send."""
    return tuple(Clicked.model_validate(letter) for letter in letters)


def cards_events(key: str) -> Iterator[Clicked]:
    """What the producer did since the last run."""
    for letter in inbox(key):
        yield from cards_events_of([letter])


def cards(sheet: Sheet, key: str) -> None:
    """Draw the cards."""
    _PART.draw(key, sheet)
