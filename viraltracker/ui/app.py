"""The frame script: what Streamlit runs for every page. The door, the sidebar's figures, then the page."""

from viraltracker.settings import resource
from viraltracker.ui.desk import frame_figures
from viraltracker.ui.entrance import entered
from viraltracker.ui.frame import draw_frame

draw_frame(resource("pages"), frame_figures, entered)
