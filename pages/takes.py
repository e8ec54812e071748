"""Takes: the board of beats. Listen, compare, revise, pick; the worker works, this page watches."""

import streamlit as st

from viraltracker.studio import Desk
from viraltracker.ui import state
from viraltracker.ui.act import act_on_board
from viraltracker.ui.components import board, board_events
from viraltracker.ui.components.board import Act
from viraltracker.ui.desk import board_of, hand_over, mended, open_desk, run, say_told, studio, told
from viraltracker.ui.flush import sent
from viraltracker.ui.frame import go, page_head
from viraltracker.ui.making import being_made
from viraltracker.ui.making_parts import make_button, making_strip
from viraltracker.ui.seats import makes, shared
from viraltracker.ui.show.head import takes_sub

WATCH_S = 1.0


def acted() -> bool:
    """Do what was clicked since the last look; whether anything was."""
    any_came = False
    for event in board_events():
        any_came = True
        with mended(watching=busy):
            if isinstance(event, Act) and event.action == "voices":
                go("voices", session)
            message = run(act_on_board(studio(), session, event))
            if message:
                told(message)
    return any_came


def is_busy(desk: Desk) -> bool:
    """Whether something is under way that this page shows."""
    return desk.standing.count("queued", "generating") > 0 or being_made(desk.session.id)


def moved(desk: Desk) -> bool:
    """Whether head and sidebar no longer say what is true; they are taken for drawn anew."""
    before, now = state.recall("takes-head"), (takes_sub(desk), is_busy(desk))
    state.remember("takes-head", now)
    return bool(before != now)


def look() -> None:
    """Do what was clicked, then show what is true; the whole page is drawn anew when its head has moved."""
    if acted():
        just_read.clear()
    desk = just_read.pop() if just_read else open_desk()
    say_told()
    making_strip(desk.session.id, desk.workers_live)
    board(board_of(desk))  # before a rerun too: a fragment that ends without its board takes it off the page
    if moved(desk):
        sent()  # what was clicked is seen before the figures that follow from it
        hand_over(desk)
        st.rerun()


opened = open_desk()
session = opened.session.id
just_read = [opened]
moved(opened)
busy = is_busy(opened)
with page_head(opened.session.title, takes_sub(opened), flush=True):
    if st.button("Export…" if makes() else "Episode", key="export"):
        go("episode", session)
    if makes():
        make_button(session)
# The board looks again every second while something is generated, or where others work too; else it rests.
st.fragment(look, run_every=WATCH_S if busy or shared() else None)()
