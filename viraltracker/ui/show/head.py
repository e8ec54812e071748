"""The line below a page's title. Pure."""

from viraltracker.studio import Desk
from viraltracker.ui.show.words import dollars, plural
from viraltracker.units import clock

__all__ = ["takes_sub"]


def takes_sub(desk: Desk) -> str:
    """`harbour-tales · 31 of 42 beats picked · 12:40 planned · 6 voices · spent $1.84 of $5.00`."""
    session = desk.session
    voices = {segment.character for beat in session.script_beats for segment in beat.content.segments}
    picked = sum(beat.silent or beat.picked is not None for beat in session.script_beats)
    parts = [
        session.project,
        f"{picked} of {plural(len(session.script_beats), 'beat')} picked",
        f"{clock(desk.standing.duration_ms)} planned",
        plural(len(voices), "voice"),
    ]
    if session.spent_usd or session.cap_usd is not None:
        cap = "" if session.cap_usd is None else f" of ${session.cap_usd:,.2f}"
        parts.append(f"spent {dollars(session.spent_usd) if session.spent_usd else '$0.00'}{cap}")
    return " · ".join(part for part in parts if part)
