"""A place of the demo."""

from viraltracker.ui.frame import page_head

with page_head("Activity", "A place of the demo"):
    pass
