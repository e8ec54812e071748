"""A conversation with the agent as it is shown: words, what tools did, what waits for a producer's yes.

Every text is ready to be read and may be hostile: the component writes it as text, never as markup.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from viraltracker.ui.views.board import Badge, Tone

__all__ = [
    "Ask",
    "ChatLine",
    "ChatView",
    "Deed",
    "DeedState",
    "File",
    "Player",
    "QuestionsView",
    "Returned",
    "Setup",
    "Way",
    "Words",
]

DeedState = Literal["working", "waits", "done", "failed", "denied", "interrupted"]


@dataclass(frozen=True, slots=True)
class Words:
    """What one side said. The agent's may hold light Markdown."""

    by: Literal["producer", "agent"]
    text: str


@dataclass(frozen=True, slots=True)
class Player:
    """A take that can be heard where it is spoken of: "03_hook · take 2"."""

    id: UUID
    label: str
    clock: str
    duration_ms: int
    url: str
    peaks: str = ""
    badge: Badge | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """A way to where it can be worked on; with `beat` the board comes up with that beat open."""

    label: str
    place: Literal["takes", "episode"]
    session: UUID
    beat: UUID | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file to be fetched."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Deed:
    """What a tool does or did, in one line; `why` gives reasons below it, `detail` the facts when opened."""

    state: DeedState
    words: str
    why: str = ""
    detail: str = ""
    players: tuple[Player, ...] = ()
    ways: tuple[Way, ...] = ()
    file: File | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to the producer: what it is, what it costs, what would change.

    `yes` and `no` are the buttons' labels. `answer` is what was answered already, `lapsed` why it can't be.
    """

    id: UUID
    tone: Tone
    title: str
    cost: str
    yes: str
    no: str
    call: str = ""
    facts: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    diff: tuple[str, ...] = ()
    answer: Literal["", "yes", "no"] = ""
    lapsed: str = ""


@dataclass(frozen=True, slots=True)
class ChatLine:
    """One of three, under an id that stays."""

    id: str
    words: Words | None = None
    deed: Deed | None = None
    ask: Ask | None = None


@dataclass(frozen=True, slots=True)
class Setup:
    """A way to get a model: "A cloud model", and the lines to type."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Returned:
    """Words that could not be said, back in the composer; each `nonce` once."""

    text: str
    nonce: str


@dataclass(frozen=True, slots=True)
class ChatView:
    """A conversation.

    `busy` while somebody answers: "here" can be watched word by word, "elsewhere" is another process.
    `doing` says what goes on meanwhile. `notice` is said below the last line, coloured by `tone`. `closed`
    says why nothing can be sent. `go_on` is the label of a button where all is answered but nobody goes on.
    `examples` are requests to begin with, `setup` what to do about a missing model.
    """

    conversation: UUID
    revision: int
    lines: tuple[ChatLine, ...] = ()
    busy: Literal["", "here", "elsewhere"] = ""
    doing: str = ""
    notice: str = ""
    tone: Tone | None = None
    closed: str = ""
    go_on: str = ""
    returned: Returned | None = None
    examples: tuple[str, ...] = ()
    setup: tuple[Setup, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionsView:
    """Questions that came from elsewhere, below one title."""

    title: str
    asks: tuple[Ask, ...] = ()
