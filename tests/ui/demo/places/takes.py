"""The board over sample data; what was done there is written below the fold and changes the sample."""

import streamlit as st

from tests.ui.demo.play import acted, current_view
from viraltracker.ui.components.board import board, board_events
from viraltracker.ui.frame import page_head

for event in board_events():
    acted(event)

with page_head(
    "Lighthouse Diaries, Ep 3",
    "harbour-tales · 42 beats · 12:40 planned · 6 voices · spent $1.84 of $5.00",
    flush=True,
):
    st.button("Undo `U`", type="tertiary")
    st.button("Export…")
board(current_view())
