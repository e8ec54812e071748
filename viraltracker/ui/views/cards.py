"""Cards with tables, as pages show facts: findings, cast, master, receipts, engines, sessions, jobs."""

from dataclasses import dataclass
from typing import Literal

from viraltracker.ui.views.board import Action, Badge, CastColour, Span, Tone

__all__ = ["Card", "Cell", "Column", "Row", "Sheet"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell. Most are one `text`; what else it has is drawn around it.

    `spans` instead of `text` mixes strong words, code (`tag`) and faint words (`light`). `sub` is a second,
    faint line. `dot` a coloured dot before, `who` a character's colour for the text, `tone` a colour for it.
    `share` is a progress bar of 0..1 in `tone`. `href` makes it a link that downloads. `actions` are small
    buttons.
    """

    text: str = ""
    spans: tuple[Span, ...] = ()
    sub: str = ""
    dot: Tone | None = None
    tone: Tone | None = None
    who: CastColour | None = None
    strong: bool = False
    faint: bool = False
    share: float | None = None
    badge: Badge | None = None
    href: str = ""
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, which may be empty, and how it stands; `number` is right-aligned."""

    title: str = ""
    kind: Literal["words", "number", "fit"] = "words"
    width: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row by its id. With `opens`, clicking anywhere on it is an event; the words say what it does."""

    id: str
    cells: tuple[Cell, ...]
    opens: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A card with a title, a table and buttons below it. `nothing` is said when there are no rows."""

    id: str
    title: str = ""
    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    actions: tuple[Action, ...] = ()
    nothing: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Cards, one below the other."""

    cards: tuple[Card, ...]
