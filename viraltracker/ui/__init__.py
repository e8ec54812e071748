"""What the pages of the studio stand on: one ASGI application, the frame, and the parts that Streamlit lacks.

In: the studio (`current.current_studio()`), turned by a page into frozen view models (`views`), in words and
figures that are ready to be shown. Out: pages drawn by `frame` and `components`, and typed events of what a
producer did there. May import the studio and everything below it; only `pages` and the command line import
this. No rule of the trade lives here: what a click means is decided by the studio.
"""

from viraltracker.ui.config import streamlit_config
from viraltracker.ui.server import app_parts

__all__ = ["app_parts", "streamlit_config"]
