"""The sessions' list. Pure."""

from collections.abc import Iterable
from datetime import datetime

from viraltracker.takes import Session, SessionStanding, Shelf
from viraltracker.ui.show.progress import batch_progress
from viraltracker.ui.show.words import ago, plural
from viraltracker.ui.views.board import Action, Tone
from viraltracker.ui.views.cards import Card, Cell, Column, Row, Sheet
from viraltracker.units import clock

__all__ = ["sessions_sheet"]

_COLUMNS = (
    Column("Title", width="34%"),
    Column("State", width="28%"),
    Column("Picked"),
    Column("Beats", "number"),
    Column("Length", "number"),
    Column("Changed"),
    Column("", "fit"),
)
_ACTIONS = {
    "active": (Action("more", "⋯", quiet=True),),
    "archived": (Action("unarchive", "Bring back", quiet=True),),
    "trash": (Action("restore", "Restore", quiet=True),),
}
_NOTHING = {
    "active": "No sessions yet. Begin one with a script: paste it, upload it, or try the example.",
    "archived": "Nothing is archived.",
    "trash": "The trash is empty.",
}


def sessions_sheet(
    sessions: Iterable[tuple[Session, SessionStanding]], shelf: Shelf, search: str, now: datetime, live: bool
) -> Sheet:
    """One card with a row a session; `search` looks into titles and projects."""
    wanted = search.strip().casefold()
    rows = tuple(
        _row(session, standing, shelf, now, live)
        for session, standing in sessions
        if wanted in f"{session.title}\n{session.project}".casefold()
    )
    nothing = f'No session\'s title holds "{search.strip()}".' if wanted else _NOTHING[shelf]
    return Sheet((Card("sessions", columns=_COLUMNS, rows=rows, nothing=nothing),))


def _row(session: Session, standing: SessionStanding, shelf: Shelf, now: datetime, live: bool) -> Row:
    tone, word = _state(session, standing, live)
    beats = session.script_beats
    picked = sum(beat.silent or beat.picked is not None for beat in beats)
    cells = (
        Cell(session.title, sub=session.project, strong=True),
        Cell(word, dot=tone),
        Cell(share=picked / len(beats) if beats else 0.0, tone=tone),
        Cell(f"{picked} / {len(beats)}"),
        Cell(clock(standing.duration_ms)),
        Cell(ago(session.updated_at, now), faint=True),
        Cell(actions=_ACTIONS[shelf]),
    )
    return Row(str(session.id), cells, opens=f"Open {session.title}" if shelf != "trash" else "")


def _state(session: Session, standing: SessionStanding, live: bool) -> tuple[Tone, str]:
    if standing.status == "generating":
        progress = batch_progress(session, live)
        return "generating", f"generating, {progress.text}" if progress else "generating"
    needs = [
        f"{count} {word}"
        for count, word in (
            (standing.count("review"), "to review"),
            (standing.count("failed"), "failed"),
            (standing.count("queued"), "queued, no worker"),
        )
        if count
    ]
    stale, empty = standing.count("stale"), standing.count("empty")
    if needs:
        return ("failed" if standing.count("failed") else "review"), ", ".join(needs)
    if stale:
        return "stale", f"{stale} stale since the script or a voice changed"
    settled: dict[str, tuple[Tone, str]] = {
        "exported": ("picked", "exported"),
        "completed": ("picked", "all picked, not exported"),
        "in_progress": ("review", f"{plural(empty, 'beat')} missing"),
    }
    return settled.get(standing.status, ("empty", "draft, not generated"))
