"""Takes: the board of beats. Listen, compare, revise, pick; the worker works, this page watches."""

import streamlit as st

from viraltracker.studio import Desk
from viraltracker.ui import state
from viraltracker.ui.act import act_on_board
from viraltracker.ui.components import board, board_events
from viraltracker.ui.components.board import Act
from viraltracker.ui.desk import board_of, hand_over, mended, open_desk, run, say_told, studio, told
from viraltracker.ui.frame import go, page_head
from viraltracker.ui.show.head import takes_sub

WATCH_S = 1.0


def acted() -> bool:
    """Do what was clicked since the last look; whether anything was."""
    events = board_events()
    for event in events:
        with mended():
            if isinstance(event, Act) and event.action == "voices":
                go("voices", session)
            message = run(act_on_board(studio(), session, event))
            if message:
                told(message)
    return bool(events)


def moved(desk: Desk) -> bool:
    """Whether head and sidebar no longer say what is true; they are taken for drawn anew."""
    busy = desk.standing.count("queued", "generating") > 0
    before, now = state.recall("takes-head"), (takes_sub(desk), busy)
    state.remember("takes-head", now)
    return bool(before != now)


def look() -> None:
    """Do what was clicked, then show what is true; the whole page is drawn anew when its head has moved."""
    if acted():
        just_read.clear()
    desk = just_read.pop() if just_read else open_desk()
    say_told()
    board(board_of(desk))  # before a rerun too: a fragment that ends without its board takes it off the page
    if moved(desk):
        hand_over(desk)
        st.rerun()


opened = open_desk()
session = opened.session.id
just_read = [opened]
moved(opened)
with page_head(opened.session.title, takes_sub(opened), flush=True):
    if st.button("Export…", key="export"):
        go("episode", session)
# While something is generated the board looks again every second; otherwise it rests until it is touched.
busy = opened.standing.count("queued", "generating") > 0
st.fragment(look, run_every=WATCH_S if busy else None)()
