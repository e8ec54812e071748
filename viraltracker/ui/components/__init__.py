"""The parts that Streamlit lacks, each its own HTML, style and script, without a build step.

A component takes a frozen view model and draws it; `*_events()` gives what the producer did, typed and once.
Ask for the events first, act on them, then draw: one run of the page shows what is true afterwards.
"""

from viraltracker.ui.components.board import board, board_events

__all__ = ["board", "board_events"]
