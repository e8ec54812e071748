"""The demo's frame: the real one, over the demo's pages and with the mock-up's figures."""

from pathlib import Path
from uuid import UUID

from viraltracker.ui.frame import draw_frame
from viraltracker.ui.views.frame import FrameView


def _figures(session: UUID | None) -> FrameView:
    title = "Lighthouse Diaries, Ep 3"
    return FrameView(session, title, "v4", "31 / 42", "12:40", "6", "2 running")


draw_frame(Path(__file__).with_name("places"), _figures)
