"""The board of beats (Takes page): one component for all rows, with the one player of the page.

In: a `BoardView`. Out: `BoardEvent`s. It plays, compares, filters, searches and scrolls on its own and
tells Python only what changes something.
"""

from collections.abc import Iterator

from viraltracker.ui.components.board.events import (
    Act,
    Again,
    BoardEvent,
    Cancel,
    Fill,
    Generate,
    Lock,
    Note,
    Pick,
    PickBest,
    Revised,
    Star,
    Undo,
    Unpick,
    board_events_of,
)
from viraltracker.ui.components.part import Part
from viraltracker.ui.state import inbox
from viraltracker.ui.views import BoardView

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
    "board",
    "board_events",
    "board_events_of",
]

_PART = Part("board", script="board/main.js", styles=("board/board.css",))


def board_events(key: str = "board") -> Iterator[BoardEvent]:
    """What the producer did since the last run. Ask before drawing, act on it, then draw what is now true."""
    for letter in inbox(key):
        yield from board_events_of([letter])


def board(view: BoardView, key: str = "board") -> None:
    """Draw the board; it fills the window below what was drawn before it."""
    _PART.draw(key, view)
