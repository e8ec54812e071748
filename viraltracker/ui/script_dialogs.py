"""The Script page's dialogs: older versions, and two producers who saved at the same time."""

import difflib

import streamlit as st

from viraltracker.ui.desk import run, studio
from viraltracker.ui.draft import Draft

__all__ = ["conflict_dialog", "versions_dialog"]


@st.dialog("Versions", width="large")
def versions_dialog(draft: Draft) -> None:
    """Look at an older version beside the editor's text, and take it back into the editor."""
    assert draft.session is not None  # noqa: S101 - the button is there for a session only
    versions = run(studio().sessions.versions(draft.session))
    labels = {
        v.number: f"Version {v.number} · {v.created_at:%d %b %H:%M} · {v.characters:,} characters"
        for v in versions
    }
    number = st.selectbox("Version", list(labels), format_func=lambda n: labels[n], key="version-chosen")
    chosen = run(studio().sessions.script(draft.session, number))
    st.code(_difference(chosen.els, draft.text) or "The same as in the editor.", language="diff", height=420)

    def take() -> None:
        draft.replace(chosen.els)

    if st.button("Put it into the editor", type="primary", on_click=take, disabled=chosen.els == draft.text):
        st.rerun()


@st.dialog("Saved by somebody else meanwhile", width="large")
def conflict_dialog(draft: Draft) -> None:
    """Both texts, and the two ways out; nothing is lost in either."""
    theirs, number = str(draft.conflict["theirs"]), int(draft.conflict["number"])
    st.text(f"Version {number} was saved while you worked on version {draft.number}. Both texts are kept.")
    st.code(_difference(theirs, draft.text), language="diff", height=380)
    st.caption("Lines with - are theirs, lines with + are yours.")
    left, right = st.columns(2)

    def keep_mine() -> None:
        draft.number, draft.saved_text, draft.conflict = number, theirs, {}

    def take_theirs() -> None:
        draft.number, draft.saved_text, draft.conflict = number, theirs, {}
        draft.replace(theirs)

    if left.button(
        "Go on with mine", type="primary", on_click=keep_mine, help="Then save it as the next version."
    ):
        st.rerun()
    if right.button("Take theirs", on_click=take_theirs, help="Yours comes back with undo in the editor."):
        st.rerun()


def _difference(old: str, new: str) -> str:
    return "\n".join(
        difflib.unified_diff(old.splitlines(), new.splitlines(), "theirs", "yours", lineterm="", n=2)
    )
