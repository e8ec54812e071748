"""The frame script: what Streamlit runs for every page. Figures in the sidebar, then the page itself."""

from viraltracker.settings import resource
from viraltracker.ui.desk import frame_figures
from viraltracker.ui.frame import draw_frame

draw_frame(resource("pages"), frame_figures)
