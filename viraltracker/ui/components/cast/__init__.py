"""The cast sheet (Voices page): a card per character with its voice, a test line to hear, and its settings.

In: a `CastView`. Out: `CastEvent`s. Settings that were moved are a draft until they are saved; the test line
is spoken with the draft, so that a producer hears it first.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from viraltracker.ui.components.part import Part
from viraltracker.ui.state import inbox
from viraltracker.ui.views.cast import CastView

__all__ = [
    "CastEvent",
    "CharacterChosen",
    "ProfileSaved",
    "TestWanted",
    "VoiceChosen",
    "cast_events",
    "cast_events_of",
    "cast_sheet",
]

_PART = Part("cast", script="cast/main.js", styles=("cast/cast.css",))

Draft = Mapping[str, float]


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
    character: str = Field(max_length=200)


class VoiceChosen(_Event):
    """The character shall speak with this voice (a `VoiceChoice.id`)."""

    kind: Literal["voice"] = "voice"
    voice: str = Field(max_length=500)


class TestWanted(_Event):
    """Speak the test line with these settings: `stability`, `style` and the dials by name. None: not set."""

    __test__ = False  # not a test, whatever pytest thinks of its name
    kind: Literal["test"] = "test"
    line: str = Field(max_length=500)
    settings: dict[str, float | None]


class ProfileSaved(_Event):
    """Keep these settings; only what was changed is in it. None puts a knob back to the voice's own."""

    kind: Literal["save"] = "save"
    settings: dict[str, float | None]


class CharacterChosen(_Event):
    """Show what this character's engine does with the script."""

    kind: Literal["character"] = "character"


CastEvent = VoiceChosen | TestWanted | ProfileSaved | CharacterChosen
"""Anything a producer can do on the cast sheet."""

_ADAPTER: TypeAdapter[CastEvent] = TypeAdapter(Annotated[CastEvent, Field(discriminator="kind")])


def cast_events_of(letters: Iterable[Mapping[str, Any]]) -> tuple[CastEvent, ...]:
    """The events in what the browser sent. Raises `ValidationError` for what the sheet never sends."""
    return tuple(_ADAPTER.validate_python(letter) for letter in letters)


def cast_events(key: str = "cast") -> Iterator[CastEvent]:
    """What the producer did since the last run."""
    for letter in inbox(key):
        yield from cast_events_of([letter])


def cast_sheet(view: CastView, key: str = "cast") -> None:
    """Draw the cards, two or more beside each other as the window allows."""
    _PART.draw(key, view)
