"""The conversation and what stands beside it."""

import streamlit as st

from tests.ui.demo import chat_sample as sample
from tests.ui.demo.play import LOG
from viraltracker.ui.components.cards import cards
from viraltracker.ui.components.chat import Opened, chat, chat_events
from viraltracker.ui.components.questions import questions, questions_events
from viraltracker.ui.frame import go, page_body, page_head

for answered in questions_events():
    LOG.append(answered.model_dump_json())


@st.fragment(run_every=0.1 if st.query_params.get("kind") in {"slow", "plain", "empty"} else None)
def talking() -> None:
    """What was done, then the conversation."""
    for event in chat_events():
        sample.acted(event)
        if isinstance(event, Opened):
            go(event.place, event.session)
    chat(sample.current_chat())


with page_head("Agent", "Beside Lighthouse Diaries, Ep 3 · anthropic:claude-sonnet-4-5"):
    st.button("Model", type="tertiary")
    st.button("New conversation")
with page_body():
    left, right = st.columns([2.2, 1], gap="medium")
    with left:
        talking()
    with right:
        if st.query_params.get("kind", "plain") == "plain":
            questions(sample.QUESTIONS)
        cards(sample.SIDE, "conversations")
