"""Takes: the board of beats. Listen, compare, revise, pick; the worker works, this page watches."""

import streamlit as st

from viraltracker.ui import state
from viraltracker.ui.act import act_on_board
from viraltracker.ui.components import board, board_events
from viraltracker.ui.components.board import Act
from viraltracker.ui.desk import audio_link, mended, open_desk, run, say_told, studio, told
from viraltracker.ui.frame import go, page_head
from viraltracker.ui.show import board_view
from viraltracker.ui.show.head import takes_sub

WATCH_S = 1.0


def draw() -> None:
    """One look at the session: do what was clicked, then show what is true."""
    desk = open_desk()
    for event in board_events():
        with mended():
            if isinstance(event, Act) and event.action == "voices":
                go("voices", desk.session.id)
            message = run(act_on_board(studio(), desk, event))
            if message:
                told(message)
        desk = open_desk()
    say_told()
    with page_head(desk.session.title, takes_sub(desk), flush=True):
        if st.button("Export…", key="export"):
            go("episode", desk.session.id)
    board(board_view(desk, run(studio().generate()), audio_link))
    state.remember("watching", desk.standing.count("queued", "generating") > 0)


# While something is generated the page looks again every second; otherwise it rests until it is touched.
st.fragment(draw, run_every=WATCH_S if state.recall("watching", False) else None)()
if state.recall("watching", False) != state.recall("watched", False):
    state.remember("watched", state.recall("watching", False))
    st.rerun()
