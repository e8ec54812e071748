"""The sidebar's figures. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from viraltracker.studio import Desk, Role, Seat, Theirs
from viraltracker.ui.views.frame import FrameView
from viraltracker.units import clock

__all__ = ["frame_view", "seat_facts"]

_CLOSED: Mapping[Role, frozenset[str]] = {
    "owner": frozenset(),
    "producer": frozenset({"people"}),
    "reviewer": frozenset({"people", "script", "voices", "agent"}),
}
"""Places without a link: what one could do there one may not."""


def seat_facts(home: Seat, owner: UUID, role: Role, theirs: Sequence[Theirs]) -> Mapping[str, Any]:
    """What a `FrameView` says of who sits where."""
    named = {str(each.owner): each.owner_name or "Somebody's studio" for each in theirs}
    return {
        "person": home.name if owner == home.person else f"{home.name}, {role} here",
        "studio": str(owner),
        "studios": {str(home.person): "My studio", **named} if named else {},
        "closed": _CLOSED[role],
    }


def frame_view(desk: Desk | None, under_way: int, voices: int) -> FrameView:
    """What stands beside each place."""
    activity = f"{under_way} running" if under_way else ""
    if desk is None:
        return FrameView(voices=str(voices), activity=activity)
    beats = desk.session.script_beats
    picked = sum(beat.silent or beat.picked is not None for beat in beats)
    return FrameView(
        session=desk.session.id,
        title=desk.session.title,
        script=f"v{desk.session.script_number}",
        takes=f"{picked} / {len(beats)}",
        episode=clock(desk.standing.duration_ms),
        voices=str(voices),
        activity=activity,
    )
