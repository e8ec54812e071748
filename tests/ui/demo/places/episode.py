"""The timeline and the cards beside it."""

import streamlit as st

from tests.ui.demo import episode_sample as sample
from tests.ui.demo.play import LOG
from viraltracker.ui.components import cards, timeline, timeline_events
from viraltracker.ui.frame import page_body, page_head

for event in timeline_events():
    LOG.append(event.model_dump_json())

with page_head("Episode", "12:40.3 · 42 of 42 beats picked · last export 09:14, one beat changed since"):
    st.button("Hand-off ZIP")
    st.button("Export · about 3 s", type="primary")
with page_body(wide=True):
    left, right = st.columns([2.28, 1], gap="medium")
    with left:
        timeline(sample.timeline_view())
    with right:
        cards(sample.SHEET, "episode-cards")
