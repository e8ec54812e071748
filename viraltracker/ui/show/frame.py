"""The sidebar's figures. Pure."""

from viraltracker.studio import Desk
from viraltracker.ui.views.frame import FrameView
from viraltracker.units import clock

__all__ = ["frame_view"]


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
