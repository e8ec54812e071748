"""What a producer did on the board, as typed values. Pure: what the browser sends is checked here, once."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

__all__ = [
    "Act",
    "Again",
    "BoardEvent",
    "Cancel",
    "Fill",
    "Generate",
    "Lock",
    "Note",
    "Pick",
    "PickBest",
    "Revised",
    "Star",
    "Undo",
    "Unpick",
    "board_events_of",
]


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Generate(_Event):
    """Make a take for each of these beats, which have none."""

    kind: Literal["generate"] = "generate"
    beats: tuple[UUID, ...] = Field(max_length=1000)


class Again(_Event):
    """Another take of the beat as it is."""

    kind: Literal["again"] = "again"
    beat: UUID


class Revised(_Event):
    """Another take with changed settings; only what was changed is set. `take` is the one that was heard."""

    kind: Literal["revise"] = "revise"
    beat: UUID
    take: UUID | None = None
    direction: str | None = Field(default=None, max_length=500)
    pace: str | None = Field(default=None, max_length=40)
    stability: float | None = Field(default=None, ge=0, le=1)
    style: float | None = Field(default=None, ge=0, le=1)


class Pick(_Event):
    """This take shall be the beat's."""

    kind: Literal["pick"] = "pick"
    beat: UUID
    take: UUID


class PickBest(_Event):
    """Pick the best take of each beat that has takes and no pick that fits."""

    kind: Literal["pick-best"] = "pick-best"


class Unpick(_Event):
    """The beat shall have no picked take."""

    kind: Literal["unpick"] = "unpick"
    beat: UUID


class Star(_Event):
    """Mark the take as a good one, or no longer."""

    kind: Literal["star"] = "star"
    take: UUID
    on: bool


class Lock(_Event):
    """Keep the beat from being changed, or no longer."""

    kind: Literal["lock"] = "lock"
    beat: UUID
    on: bool


class Note(_Event):
    """The beat's note; empty takes it away."""

    kind: Literal["note"] = "note"
    beat: UUID
    text: str = Field(max_length=2000)


class Undo(_Event):
    """Take back the last thing that can be taken back."""

    kind: Literal["undo"] = "undo"


class Cancel(_Event):
    """Drop what is queued."""

    kind: Literal["cancel"] = "cancel"


class Fill(_Event):
    """Make what is missing or stale."""

    kind: Literal["fill"] = "fill"


class Act(_Event):
    """A button of a failed beat; the page that gave it its `action` knows what it means."""

    kind: Literal["act"] = "act"
    beat: UUID
    action: str = Field(max_length=100)


BoardEvent = (
    Generate | Again | Revised | Pick | PickBest | Unpick | Star | Lock | Note | Undo | Cancel | Fill | Act
)
"""Anything a producer can do on the board."""

_ADAPTER: TypeAdapter[BoardEvent] = TypeAdapter(Annotated[BoardEvent, Field(discriminator="kind")])


def board_events_of(letters: Iterable[Mapping[str, Any]]) -> tuple[BoardEvent, ...]:
    """The events in what the browser sent. Raises `ValidationError` for what the board never sends.

    `refresh` only asks for a new drawing, as a page that rested for hours needs new links; it is no event.
    """
    wanted = (letter for letter in letters if letter.get("kind") != "refresh")
    return tuple(_ADAPTER.validate_python(letter) for letter in wanted)
