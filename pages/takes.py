"""Takes: the board of beats. Listen, compare, revise, pick; the worker works, this page watches."""

import streamlit as st

from viraltracker.studio import Desk
from viraltracker.ui import state
from viraltracker.ui.act import act_on_board
from viraltracker.ui.components import board, board_events
from viraltracker.ui.components.board import Act
from viraltracker.ui.desk import audio_link, mended, open_desk, run, say_told, studio, told
from viraltracker.ui.frame import go, page_head
from viraltracker.ui.making import being_made
from viraltracker.ui.making_parts import make_button, making_strip
from viraltracker.ui.show import board_view
from viraltracker.ui.show.head import takes_sub

WATCH_S = 1.0


def acted(desk: Desk) -> Desk:
    """Do what was clicked since the last look; the desk as it is then."""
    events = board_events()
    for event in events:
        with mended(watching=desk.standing.count("queued", "generating") > 0):
            if isinstance(event, Act) and event.action == "voices":
                go("voices", desk.session.id)
            message = run(act_on_board(studio(), desk, event))
            if message:
                told(message)
    return open_desk() if events else desk


def is_busy(desk: Desk) -> bool:
    """Whether something is under way that this page shows."""
    return desk.standing.count("queued", "generating") > 0 or being_made(desk.session.id)


def look() -> None:
    """Do what was clicked, then show what is true; head and sidebar follow when their figures moved."""
    desk = acted(just_read.pop() if just_read else open_desk())
    say_told()
    making_strip(desk.session.id, desk.workers_live)
    board(board_view(desk, run(studio().generate()), audio_link))
    busy = is_busy(desk)
    if (takes_sub(desk), busy) != state.recall("takes-head"):
        state.remember("takes-head", (takes_sub(desk), busy))
        st.rerun()


opened = open_desk()
just_read = [opened]
busy = is_busy(opened)
state.remember("takes-head", (takes_sub(opened), busy))
with page_head(opened.session.title, takes_sub(opened), flush=True):
    if st.button("Export…", key="export"):
        go("episode", opened.session.id)
    make_button(opened.session.id)
# While something is generated the board looks again every second; otherwise it rests until it is touched.
st.fragment(look, run_every=WATCH_S if busy else None)()
