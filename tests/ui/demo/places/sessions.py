"""The sessions as one card."""

import streamlit as st

from tests.ui.demo import sessions_sample as sample
from tests.ui.demo.sample import SESSION
from viraltracker.ui.components import cards, cards_events
from viraltracker.ui.frame import go, page_body, page_head

if list(cards_events("sessions")):
    go("takes", SESSION)

with page_head("Sessions", "Every production, where it stands and what needs you"):
    st.text_input("Search", placeholder="Search", label_visibility="collapsed")
    st.button("Upload .els")
    st.button("New session", type="primary")
with page_body():
    cards(sample.SHEET, "sessions")
