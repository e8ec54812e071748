"""The demo's frame: the real one, over the demo's pages and with the mock-up's figures."""

from pathlib import Path
from uuid import UUID

import streamlit as st

from viraltracker.ui.frame import draw_frame
from viraltracker.ui.views.frame import FrameView


def _figures(session: UUID | None) -> FrameView:
    title = "Lighthouse Diaries, Ep 3"
    return FrameView(session, title, "v4", "31 / 42", "12:40", "6", "2 running")


# A test begins a new life in the tab of the one before; links inside the demo name none and stay in theirs.
if st.query_params.get("life", "") not in ("", st.session_state.get("demo_life")):
    st.session_state.clear()
    st.session_state.demo_life = st.query_params["life"]

draw_frame(Path(__file__).with_name("places"), _figures)
# Drawn last: where it stands, nothing of an earlier life is on screen.
with st.sidebar:
    st.html(f'<i hidden data-life="{UUID(hex=st.session_state.get("demo_life", "0" * 32)).hex}"></i>')
