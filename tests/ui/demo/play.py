"""What the demo does with events: keeps them for tests to read, and changes its sample as a studio would."""

from dataclasses import replace
from threading import Condition

import streamlit as st

from tests.ui.demo.sample import board_view, ended, hostile, quick, repeatable
from viraltracker.ui.components.board import BoardEvent, Lock, Note, Pick, PickBest, Star, Unpick
from viraltracker.ui.views import BoardView


class Log:
    """Lines that pages write and a route reads; a reader may wait for more."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._more = Condition()

    def append(self, line: str) -> None:
        with self._more:
            self._lines.append(line)
            self._more.notify_all()

    def wait(self, at_least: int) -> list[str]:
        with self._more:
            self._more.wait_for(lambda: len(self._lines) >= at_least, timeout=15)
            return list(self._lines)


LOG = Log()
KINDS = {
    "plain": lambda view: view,
    "quick": quick,
    "ended": ended,
    "hostile": hostile,
    "repeatable": repeatable,
}


def current_view() -> BoardView:
    """The board as it stands in this tab; `?beats=300` makes it long, `?kind=quick` its takes short."""
    if "demo_view" not in st.session_state:
        view = board_view(int(st.query_params.get("beats", "7")))
        st.session_state.demo_fresh = view
        st.session_state.demo_view = KINDS[st.query_params.get("kind", "plain")](view)
        return st.session_state.demo_view
    if st.query_params.get("kind") == "ended":  # links are signed anew with every drawing
        st.session_state.demo_view = st.session_state.demo_fresh
    return st.session_state.demo_view


def acted(event: BoardEvent) -> None:
    """Take note of it, and change the board."""
    LOG.append(event.model_dump_json(exclude_none=True))
    view = current_view()
    if isinstance(event, PickBest):
        beats = tuple(
            _after(row, Pick(beat=row.id, take=row.takes[-1].id)) if row.state == "review" else row
            for row in view.beats
        )
        st.session_state.demo_view = replace(view, beats=beats, best="")
        return
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
