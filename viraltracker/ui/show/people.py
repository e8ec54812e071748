"""Who works in a studio, as a table. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from viraltracker.studio import Colleague, Guest
from viraltracker.ui.show.words import ago
from viraltracker.ui.views.board import Action
from viraltracker.ui.views.cards import Card, Cell, Row, Sheet

__all__ = ["AS_WHAT", "people_sheet"]

AS_WHAT: Mapping[Guest, str] = MappingProxyType(
    {
        "producer": "producer: makes, spends and deletes",
        "reviewer": "reviewer: listens, stars, notes and picks",
    }
)


def people_sheet(colleagues: Sequence[Colleague], now: datetime) -> Sheet:
    """A row for everybody who was invited, with what their owner can change."""
    rows = tuple(_row(each, now) for each in colleagues)
    nothing = "Nobody else works here. Whom you invite works here from their next sign-in."
    return Sheet((Card("people", rows=rows, nothing=nothing),))


def _row(colleague: Colleague, now: datetime) -> Row:
    other: Guest = "reviewer" if colleague.role == "producer" else "producer"
    came = f"joined {ago(colleague.joined_at, now)}" if colleague.joined_at else "invited, not here yet"
    return Row(
        colleague.email,
        (
            Cell(
                colleague.name or colleague.email, sub=colleague.email if colleague.name else "", strong=True
            ),
            Cell(AS_WHAT[colleague.role]),
            Cell(came, faint=True),
            Cell(
                actions=(Action(other, f"Make {other}", quiet=True), Action("remove", "Remove", quiet=True))
            ),
        ),
    )
