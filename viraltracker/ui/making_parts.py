"""The Takes page's one button: the dialog that asks first, and the strip that shows how it goes."""

from uuid import UUID

import streamlit as st

from viraltracker.ui import state
from viraltracker.ui.desk import mended, run, studio
from viraltracker.ui.frame import go
from viraltracker.ui.making import being_made, dismiss, make, making
from viraltracker.ui.show.making import plan_words
from viraltracker.ui.show.progress import NO_WORKER
from viraltracker.workflow import Order, plan_of_work

__all__ = ["make_button", "making_strip"]

_ASKED = "make-asked"


def make_button(session: UUID) -> None:
    """The button, and the dialog that it opens."""
    if st.button("Make the episode", type="primary", key="make", disabled=being_made(session)):
        state.remember(_ASKED, session)
    # Kept, as the page draws itself anew while takes come in, which would close the dialog.
    if state.recall(_ASKED) == session:
        _make_dialog(session)


def making_strip(session: UUID, workers_live: bool) -> None:
    """How far making the episode is, with a way to stop it; then what came of it, until that is closed."""
    found = making(session)
    with st.container():  # drawn always, so that the board below stays the same part of the page
        if found is None:
            return
        with st.container(key="making", horizontal=True, vertical_alignment="center", gap="small"):
            words = found.words
            if found.under_way and not workers_live:
                words = f"{words} · {NO_WORKER}"
            st.text(words, width="stretch")
            if found.under_way:
                st.button("Stop", key="make-stop", on_click=found.stop)
            else:
                exported = found.outcome is not None and found.outcome.export is not None
                if exported and st.button("To the episode", key="make-open"):
                    go("episode", session)
                st.button("Close", key="make-dismiss", on_click=dismiss, args=(session,))
        if found.notes:
            with st.container(key="making-notes", gap=None):
                for note in found.notes:
                    st.text(note)


def _closed() -> None:
    state.forget(_ASKED)


@st.dialog("Make the episode", on_dismiss=_closed)
def _make_dialog(session: UUID) -> None:
    """What will be made and what it costs, or why it can't be; Start begins it."""
    ready = False
    with mended():
        planned = run(plan_of_work(studio(), Order(None, session=session)))
        st.text(plan_words(planned))
        ready = True
    if not run(studio().workers()):
        st.warning(f"{NO_WORKER[0].upper()}{NO_WORKER[1:]}", icon=":material/warning:")
    with st.container(horizontal=True, gap="small"):
        if st.button("Start", type="primary", key="make-start", disabled=not ready):
            make(studio(), session)
            _closed()
            st.rerun()
        if st.button("Close", key="make-close"):
            _closed()
            st.rerun()
