"""A place of the demo."""

from viraltracker.ui.frame import page_head

with page_head("Agent", "A place of the demo"):
    pass
