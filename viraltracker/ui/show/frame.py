"""The sidebar's figures. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from viraltracker.studio import Desk, Role, Seat, Theirs
from viraltracker.ui.views.frame import FrameView
from viraltracker.units import clock

__all__ = ["ALONE", "frame_view", "seat_facts"]

ALONE: Mapping[str, str] = {
    "people": "Nobody signs in to this studio, so it is yours alone. docs/hosting.md tells how others can."
}
_OWNERS = "Only its owner invites people into a studio. Your own studio has a page like this too."
_MAKERS = "A reviewer listens, stars, notes and picks. Ask a producer of this studio for the rest."
_CLOSED: Mapping[Role, Mapping[str, str]] = {
    "owner": {},
    "producer": {"people": _OWNERS},
    "reviewer": {"people": _OWNERS, "script": _MAKERS, "voices": _MAKERS, "agent": _MAKERS},
}
"""Places where there is nothing that one may do, and why."""


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
