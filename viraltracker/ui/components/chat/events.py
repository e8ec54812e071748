"""What a producer did in a conversation, as typed values. Pure: what a browser sends is checked here."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

__all__ = ["Answered", "ChatEvent", "GoOn", "ModelWanted", "Opened", "Say", "Stop", "chat_events_of"]


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Say(_Event):
    """Say this. `based_on` is the revision of the conversation that the producer saw."""

    kind: Literal["say"] = "say"
    text: str = Field(max_length=1_000_000)
    based_on: int = Field(ge=0)


class Answered(_Event):
    """Yes or no to a question. `call` is the tool call that waits for it, in the conversation's own."""

    kind: Literal["answer"] = "answer"
    approval: UUID
    call: str = Field(default="", max_length=500)
    yes: bool


class GoOn(_Event):
    """All questions are answered: the turn may go on."""

    kind: Literal["go_on"] = "go_on"


class Stop(_Event):
    """The turn under way shall end."""

    kind: Literal["stop"] = "stop"


class Opened(_Event):
    """The producer goes to where it can be worked on; the board comes up with its beat by itself."""

    kind: Literal["open"] = "open"
    place: Literal["takes", "episode"]
    session: UUID


class ModelWanted(_Event):
    """The producer wants to set the model."""

    kind: Literal["model"] = "model"


ChatEvent = Say | Answered | GoOn | Stop | Opened | ModelWanted
"""Anything a producer can do in a conversation."""

_ADAPTER: TypeAdapter[ChatEvent] = TypeAdapter(Annotated[ChatEvent, Field(discriminator="kind")])


def chat_events_of(letters: Iterable[Mapping[str, Any]]) -> tuple[ChatEvent, ...]:
    """The events in what the browser sent. Raises `ValidationError` for what the part never sends.

    `refresh` only asks for new links to what shall sound; it is no event.
    """
    wanted = (letter for letter in letters if letter.get("kind") != "refresh")
    return tuple(_ADAPTER.validate_python(letter) for letter in wanted)
