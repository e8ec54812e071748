"""What a page shows, as frozen values in words and figures that are ready to be read.

A page fills these from the studio; a component turns them into JSON (`to_json`) and draws them. Nothing here
decides anything, and nothing here knows Streamlit.
"""

from viraltracker.ui.views.board import (
    NOT_SET,
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
    SpanKind,
    TakeLine,
    Tone,
)
from viraltracker.ui.views.cards import Card, Cell, Column, Row, Sheet
from viraltracker.ui.views.cast import CastView, Dial, Heard, VoiceCard, VoiceChoice, VoiceGroup
from viraltracker.ui.views.editor import EditorView, Jump, Mark
from viraltracker.ui.views.encode import to_json
from viraltracker.ui.views.frame import FrameView
from viraltracker.ui.views.timeline import ClipBox, Lane, Loudness, TimelineView
from viraltracker.ui.views.workers import ModelLine, WorkerCard, WorkersView

__all__ = [
    "NOT_SET",
    "Action",
    "Badge",
    "BeatLine",
    "BoardView",
    "Card",
    "CastColour",
    "CastView",
    "Cell",
    "ClipBox",
    "Column",
    "Dial",
    "EditorView",
    "Filter",
    "FrameView",
    "Heard",
    "Jump",
    "Knob",
    "Lane",
    "Loudness",
    "Mark",
    "ModelLine",
    "PaceStop",
    "Problem",
    "Progress",
    "Revise",
    "Row",
    "Sheet",
    "Span",
    "SpanKind",
    "TakeLine",
    "TimelineView",
    "Tone",
    "VoiceCard",
    "VoiceChoice",
    "VoiceGroup",
    "WorkerCard",
    "WorkersView",
    "to_json",
]
