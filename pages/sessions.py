"""Sessions: every production, where it stands and what needs you."""

from datetime import datetime
from uuid import UUID

import streamlit as st

from viraltracker.takes import PAGE, Shelf
from viraltracker.ui import state
from viraltracker.ui.components.cards import cards, cards_events
from viraltracker.ui.desk import mended, run, say_told, studio, told
from viraltracker.ui.draft import begin_anew
from viraltracker.ui.frame import go, page_body, page_head
from viraltracker.ui.seats import makes
from viraltracker.ui.session_dialog import session_dialog
from viraltracker.ui.show.sessions import sessions_sheet

SHELVES: dict[str, Shelf] = {"Active": "active", "Archived": "archived", "Trash": "trash"}


def clicked(session: UUID, action: str) -> None:
    """Open a session, or do what its button says."""
    if not action:
        go("takes", session)
    if action == "more":
        state.remember("asked-about", session)
    with mended(watching=True):
        if action == "restore":
            run(studio().sessions.restore(session))
            told("Restored.")
        elif action == "unarchive":
            run(studio().sessions.archive(session, False))
            told("Back on the list.")


with page_head("Sessions", "Every production, where it stands and what needs you"):
    search = st.text_input(
        "Search", placeholder="Search", label_visibility="collapsed", width=210, key="search"
    )
    if makes():
        with st.popover("Upload .els"):
            upload = st.file_uploader(
                "A script (.els, .txt, .md)", type=["els", "txt", "md"], key="new-upload"
            )
            if upload is not None:
                begin_anew(run(studio().script_cast())).upload(upload.file_id, upload.getvalue())
                go("script", None)
        if st.button("New session", type="primary", key="new"):
            go("script", None)


@st.fragment(run_every=0.3 if state.recall("counting", False) else 2.0)
def sheet() -> None:
    """The list: what was clicked, then how things stand, looked at again every two seconds, or sooner."""
    wanted = SHELVES[shelf or "Active"]
    looked, past = state.recall("sessions-page", ("", 0))
    past = past if looked == (wanted, search) else 0
    for click in cards_events("sessions"):
        if click.row:
            clicked(UUID(click.row), click.action)
        else:
            past = max(0, past + (PAGE if click.action == "older" else -PAGE))
    state.remember("sessions-page", ((wanted, search), past))
    say_told()
    page, live = run(studio().overview(wanted, search, past))
    cards(
        sessions_sheet(page, wanted, search, datetime.now().astimezone(), live, makes=makes()), key="sessions"
    )
    counting = any(not line.counted for line in page.lines)
    if counting != state.recall("counting", False):
        state.remember("counting", counting)
        st.rerun()
    # Opened here, the dialog would be a part of this list: Streamlit skips a part's run, and the click that
    # came with it, where the list looks again in the same moment.
    if drawn and state.recall("asked-about"):
        st.rerun()


drawn = False
with page_body():
    shelf = st.segmented_control(
        "Shelf", list(SHELVES), default="Active", label_visibility="collapsed", key="shelf"
    )
    sheet()
asked_about = state.recall("asked-about")
if asked_about:
    state.forget("asked-about")
    session_dialog(asked_about)
drawn = True
