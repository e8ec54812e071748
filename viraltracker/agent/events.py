"""What goes on in a turn, as whoever watches it is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

__all__ = ["Asked", "Began", "Ended", "Event", "Failed", "Progress", "Said"]


@dataclass(frozen=True, slots=True)
class Said:
    """More of the agent's words."""

    text: str


@dataclass(frozen=True, slots=True)
class Began:
    """A tool is at work."""

    call: str
    tool: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Progress:
    """What a tool says of how far it is."""

    words: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A tool's answer."""

    call: str
    tool: str
    ok: bool
    answer: object


@dataclass(frozen=True, slots=True)
class Asked:
    """The turn rests: these questions wait for the producer (call -> approval's id)."""

    approvals: Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class Failed:
    """The turn broke off, and why; what was said before is kept."""

    message: str


Event = Said | Began | Progress | Ended | Asked | Failed
