"""The editor and the cards beside it."""

import streamlit as st

from tests.ui.demo import script_sample as sample
from viraltracker.ui.components import cards, cards_events, editor, editor_events
from viraltracker.ui.frame import page_body, page_head

for event in editor_events():
    sample.acted(event)
for click in cards_events("script-cards"):
    sample.clicked(click)

with page_head("Script", "Version 4, not saved · 42 beats · about 12:40 · 9,310 characters"):
    st.button("Versions", type="tertiary")
    st.button("Format", type="tertiary", on_click=sample.formatted)
    st.button("Upload")
    st.button("Save version 5 · mend 1 error first", type="primary", disabled=True)
with page_body():
    left, right = st.columns([1.35, 1], gap="medium")
    with left:
        editor(sample.editor_view())
    with right:
        cards(sample.SHEET, "script-cards")
