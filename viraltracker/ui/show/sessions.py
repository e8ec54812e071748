"""The sessions' list. Pure."""

from datetime import datetime

from viraltracker.takes import SessionLine, SessionPage, Shelf
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
    page: SessionPage, shelf: Shelf, search: str, now: datetime, live: bool, *, makes: bool = True
) -> Sheet:
    """One card with a row a session; below it the way to the sessions before and after.

    Whoever `makes` nothing is offered to look, and no more.
    """
    nothing = f'No session\'s title holds "{search.strip()}".' if search.strip() else _NOTHING[shelf]
    rows = tuple(_row(line, shelf, now, live, makes) for line in page.lines)
    last = page.past + len(rows)
    ways = (("newer", "Newer", page.past > 0), ("older", "Older", last < page.total))
    steps = tuple(Action(id_, label) for id_, label, there in ways if there)
    note = f"{page.past + 1} to {last} of {page.total:,}" if steps and rows else ""
    card = Card("sessions", columns=_COLUMNS, rows=rows, nothing=nothing, actions=steps, note=note)
    return Sheet((card,))


def _row(line: SessionLine, shelf: Shelf, now: datetime, live: bool, makes: bool) -> Row:
    if not line.counted:
        figures = (Cell("counting …", faint=True), Cell(), Cell(), Cell())
    else:
        tone, word = _state(line, live)
        figures = (
            Cell(word, dot=tone),
            Cell(share=line.picked / line.beats if line.beats else 0.0, tone=tone),
            Cell(f"{line.picked} / {line.beats}"),
            Cell(clock(line.duration_ms)),
        )
    cells = (
        Cell(line.title, sub=line.project, strong=True),
        *figures,
        Cell(ago(line.updated_at, now), faint=True),
        Cell(actions=_ACTIONS[shelf] if makes else ()),
    )
    return Row(str(line.id), cells, opens=f"Open {line.title}" if shelf != "trash" else "")


def _state(line: SessionLine, live: bool) -> tuple[Tone, str]:
    if line.status == "generating":
        progress = batch_progress(line.batch, live)
        return "generating", f"generating, {progress.text}" if progress else "generating"
    count = line.states.get
    needs = [
        f"{beats} {word}"
        for beats, word in (
            (count("review", 0), "to review"),
            (count("failed", 0), "failed"),
            (count("queued", 0), "queued, no worker"),
        )
        if beats
    ]
    stale, empty = count("stale", 0), count("empty", 0)
    if needs:
        return ("failed" if count("failed", 0) else "review"), ", ".join(needs)
    if stale:
        return "stale", f"{stale} stale since the script or a voice changed"
    settled: dict[str, tuple[Tone, str]] = {
        "exported": ("picked", "exported"),
        "completed": ("picked", "all picked, not exported"),
        "in_progress": ("review", f"{plural(empty, 'beat')} missing"),
    }
    return settled.get(line.status, ("empty", "draft, not generated"))
