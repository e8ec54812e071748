"""What the demo does with events: keeps them for tests to read, and changes its sample as a studio would."""

from dataclasses import replace

import streamlit as st

from tests.ui.demo.sample import board_view
from viraltracker.ui.components.board import BoardEvent, Lock, Note, Pick, Star, Unpick
from viraltracker.ui.views import BoardView

LOG: list[str] = []


def current_view() -> BoardView:
    """The board as it stands in this tab; `?beats=300` makes it long."""
    count = int(st.query_params.get("beats", "7"))
    if st.session_state.get("demo_count") != count:
        st.session_state.demo_count = count
        st.session_state.demo_view = board_view(count)
    return st.session_state.demo_view


def acted(event: BoardEvent) -> None:
    """Take note of it, and change the board."""
    LOG.append(event.model_dump_json(exclude_none=True))
    view = current_view()
    st.session_state.demo_view = replace(view, beats=tuple(_after(row, event) for row in view.beats))


def _after(row, event):
    match event:
        case Pick(beat=beat, take=take) if beat == row.id:
            return replace(row, selected=take, state="picked", word="picked")
        case Unpick(beat=beat) if beat == row.id:
            return replace(row, selected=None, state="review", word="to review")
        case Lock(beat=beat, on=on) if beat == row.id:
            return replace(
                row, locked=on, state="locked" if on else "picked", word="locked" if on else "picked"
            )
        case Note(beat=beat, text=text) if beat == row.id:
            return replace(row, note=text)
        case Star(take=take, on=on):
            takes = tuple(replace(one, starred=on) if one.id == take else one for one in row.takes)
            return replace(row, takes=takes)
    return row
