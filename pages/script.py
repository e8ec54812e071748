"""Script: write or paste ELS, mend what is found, see what saving would change, save a version."""

import streamlit as st

from viraltracker.errors import Conflict
from viraltracker.ui import state
from viraltracker.ui.components.cards import cards, cards_events
from viraltracker.ui.components.editor import Saved, editor, editor_events
from viraltracker.ui.desk import mended, run, say_told, studio, told
from viraltracker.ui.draft import Draft, begin_anew, draft_of
from viraltracker.ui.frame import go, page_body, page_head
from viraltracker.ui.literal import literal
from viraltracker.ui.script_dialogs import conflict_dialog, versions_dialog
from viraltracker.ui.show.script import save_label, script_sheet, script_sub


def save(draft: Draft) -> None:
    """Save what is in the editor: a new session, or the session's next version."""
    with mended():
        try:
            saved = run(draft.save(studio()))
        except Conflict as conflict:
            draft.conflict = dict(conflict.facts)
            return
        if draft.session is None:
            begin_anew(draft.cast)
            go("takes", saved.session)
        draft.saved_as(saved.script_number)
        told(f"Saved as version {saved.script_number}." if saved.changed else "Nothing had changed.")


draft = draft_of(state.open_session())
for event in editor_events():
    draft.type(event.text)
    if isinstance(event, Saved):
        save(draft)
for click in cards_events("findings"):
    draft.clicked(click.card, click.row, click.action)
say_told()

parsed = draft.parsed
with page_head("Script", script_sub(parsed, draft.number, draft.is_saved)):
    if draft.session is not None and st.button("Versions", type="tertiary"):
        versions_dialog(draft)
    st.button(
        "Format", type="tertiary", on_click=draft.format, disabled=bool(parsed is None or parsed.errors)
    )
    with st.popover("Upload"):
        upload = st.file_uploader("A script (.els, .txt, .md)", type=["els", "txt", "md"], key="upload")
        if upload is not None:
            draft.upload(upload.file_id, upload.getvalue())
    blocked = parsed is None or bool(parsed.errors) or (draft.number is not None and draft.is_saved)
    if st.button(save_label(parsed, draft.number), type="primary", disabled=blocked, key="save"):
        save(draft)
        st.rerun()
if draft.conflict:
    conflict_dialog(draft)

with page_body():
    left, right = st.columns([1.35, 1], gap="medium")
    with left:
        editor(draft.view)
    with right:
        if draft.problem:
            st.error(literal(draft.problem), icon=":material/error:")
        planner = run(studio().planner())
        members = run(studio().cast.members())
        cards(script_sheet(draft.parsed, draft.saved_script, draft.number, members, planner), key="findings")
