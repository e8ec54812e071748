"""What a page shows, as frozen values in words and figures that are ready to be read.

A page fills these from the studio; a component turns them into JSON (`to_json`) and draws them. Nothing here
decides anything, and nothing here knows Streamlit.
"""

from viraltracker.ui.views.board import (
    Action,
    Badge,
    BeatLine,
    BoardView,
    CastColour,
    Filter,
    Knob,
    PaceStop,
    Problem,
    Progress,
    Revise,
    Span,
    TakeLine,
)
from viraltracker.ui.views.encode import to_json

__all__ = [
    "Action",
    "Badge",
    "BeatLine",
    "BoardView",
    "CastColour",
    "Filter",
    "Knob",
    "PaceStop",
    "Problem",
    "Progress",
    "Revise",
    "Span",
    "TakeLine",
    "to_json",
]
