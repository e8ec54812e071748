"""The parts that Streamlit lacks, each its own HTML, style and script, without a build step.

A component takes a frozen view model and draws it; `*_events()` gives what the producer did, typed and once.
Act on each event before the next is asked for, then draw: one run of the page shows what is true afterwards.
"""

from viraltracker.ui.components.board import board, board_events
from viraltracker.ui.components.cards import cards, cards_events
from viraltracker.ui.components.cast import cast_events, cast_sheet
from viraltracker.ui.components.chat import chat, chat_events
from viraltracker.ui.components.editor import editor, editor_events
from viraltracker.ui.components.questions import questions, questions_events
from viraltracker.ui.components.timeline import timeline, timeline_events
from viraltracker.ui.components.workers import workers_events, workers_part

__all__ = [
    "board",
    "board_events",
    "cards",
    "cards_events",
    "cast_events",
    "cast_sheet",
    "chat",
    "chat_events",
    "editor",
    "editor_events",
    "questions",
    "questions_events",
    "timeline",
    "timeline_events",
    "workers_events",
    "workers_part",
]
