"""Agent: a conversation beside the open session. It looks and does; what costs or deletes asks first."""

from datetime import datetime
from uuid import UUID

import streamlit as st

from viraltracker.agent.models import chosen_model
from viraltracker.ui import state
from viraltracker.ui.components.cards import cards, cards_events
from viraltracker.ui.components.chat import chat, chat_events
from viraltracker.ui.components.questions import questions, questions_events
from viraltracker.ui.conversing import (
    act_on_chat,
    begin_anew,
    decide,
    elsewhere,
    first_scene,
    listed,
    moved,
    scene_of,
    show,
    view_of,
    went_on,
)
from viraltracker.ui.desk import open_desk, run, say_told, studio
from viraltracker.ui.frame import page_body, page_head
from viraltracker.ui.model_dialog import model_dialog
from viraltracker.ui.show.chat import Scene, agent_sub, side_sheet
from viraltracker.ui.show.questions import questions_view

WATCH_S = {"": None, "here": 0.3, "elsewhere": 1.0}


def look(conversation: UUID) -> Scene:
    """The conversation once what was clicked is done; just read where the page is drawn as a whole."""
    scene = just_read.pop() if just_read else scene_of(conversation, choice)
    for event in chat_events():
        act_on_chat(scene, event)
        scene = scene_of(conversation, choice)
    return scene


def talking() -> None:
    """What is said and done; looked at again while somebody answers, at rest otherwise."""
    scene = look(opened.kept.line.id)
    chat(view_of(scene))
    if moved(scene) or state.recall("model-wanted"):
        st.rerun()


@st.fragment(run_every=2.0)
def beside() -> None:
    """What waits for a yes elsewhere, what this conversation has used, and the other ones."""
    for answered in questions_events():
        decide(answered)
    for click in cards_events("conversations"):
        show(UUID(click.row))
    waiting, conversations = elsewhere(opened), listed()
    if waiting:
        questions(questions_view(waiting))
    cards(side_sheet(opened, conversations, datetime.now().astimezone()), key="conversations")
    if went_on(opened, conversations):
        st.rerun()


title = open_desk().session.title if state.open_session() else ""
choice = run(chosen_model(studio().settings, studio().records, studio().owner))
opened = first_scene(choice)
just_read = [opened]
with page_head("Agent", agent_sub(title, choice)):
    # Asked for in the conversation too, but not opened there: a dialog of a part that looks again by itself
    # loses the clicks that come with a look.
    if st.button("Model", type="tertiary", key="model") or state.recall("model-wanted"):
        state.forget("model-wanted")
        model_dialog()
    if st.button("New conversation", disabled=not opened.lines, key="new"):
        begin_anew()
say_told()
with page_body():
    left, right = st.columns([2.2, 1], gap="medium")
    with left:
        st.fragment(talking, run_every=WATCH_S[opened.busy])()
    with right:
        beside()
