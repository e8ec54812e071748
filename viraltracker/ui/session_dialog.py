"""What can be done with a session as a whole: rename, cap, copy, call completed, archive, delete."""

from uuid import UUID

import streamlit as st

from viraltracker.ui.desk import mended, run, studio, told

__all__ = ["session_dialog"]


@st.dialog("Session")
def session_dialog(session: UUID) -> None:
    """One dialog for all of it; each button does its one thing and closes."""
    held = run(studio().sessions.get(session))
    title = st.text_input("Title", held.title, key=f"title:{session}")
    cap = st.number_input(
        "Cost cap in dollars",
        min_value=0.0,
        value=held.cap_usd,
        step=1.0,
        placeholder="no cap",
        key=f"cap:{session}",
    )
    if st.button("Save", type="primary", disabled=(title, cap) == (held.title, held.cap_usd)):
        with mended():
            run(studio().sessions.rename(session, title))
            run(studio().sessions.cap(session, cap))
            told("Saved.")
            st.rerun()
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center"), mended():
        copied = st.button("Duplicate", key=f"copy:{session}")
        picks = st.toggle("with its picked takes", value=True, key=f"picks:{session}")
        if copied:
            run(studio().sessions.duplicate(session, f"{held.title[:245]} (copy)", picks))
            told("Copied.")
            st.rerun()
    with st.container(horizontal=True), mended():
        called = held.completed_at is not None
        if st.button("Not completed" if called else "Completed", key=f"completed:{session}"):
            run(studio().sessions.complete(held, run(studio().desk(session)).standing, not called))
            told("Taken back." if called else "It counts as completed until its script changes.")
            st.rerun()
        if st.button("Archive", key=f"archive:{session}"):
            run(studio().sessions.archive(session))
            told("Archived: see the Archived shelf.")
            st.rerun()
        if st.button("Delete", key=f"delete:{session}"):
            run(studio().sessions.delete(session))
            told("In the trash for 30 days: restore it from the Trash shelf.")
            st.rerun()
