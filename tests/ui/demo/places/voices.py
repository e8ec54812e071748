"""The cast sheet and the cards beside it."""

import streamlit as st

from tests.ui.demo import voices_sample as sample
from viraltracker.ui.components import cards, cast_events, cast_sheet
from viraltracker.ui.frame import page_body, page_head

for event in cast_events():
    sample.acted(event)

with page_head("Voices", "Who speaks, with which engine, and how"):
    st.button("Add a character")
with page_body(wide=True):
    left, right = st.columns([2.18, 1], gap="medium")
    with left:
        cast_sheet(sample.cast_view())
    with right:
        cards(sample.SHEET, "voices-cards")
