"""Voices: who speaks, with which engine's voice, and how; which engines can be used."""

import streamlit as st

from viraltracker.errors import StudioError
from viraltracker.speech import Health, VoiceInfo
from viraltracker.takes import Member
from viraltracker.ui import state
from viraltracker.ui.cast_dialogs import add_dialog, history_dialog
from viraltracker.ui.components.cards import cards
from viraltracker.ui.components.cast import (
    CharacterChosen,
    ProfileSaved,
    TestWanted,
    VoiceChosen,
    cast_events,
    cast_sheet,
)
from viraltracker.ui.desk import audio_link, mended, run, say_told, studio, told
from viraltracker.ui.frame import page_body, page_head
from viraltracker.ui.show.voices import cast_view, engines_sheet
from viraltracker.ui.show.words import clock_tenths, plural
from viraltracker.ui.views.cast import Heard
from viraltracker.ui.voicing import choose_voice, save_settings, with_settings


@st.cache_data(ttl=60, show_spinner=False)
def offered(owner: str) -> tuple[dict[str, Health], dict[str, tuple[VoiceInfo, ...]]]:
    """Each engine's health and voices, asked once a minute."""
    health = {name: run(engine.health()) for name, engine in studio().engines.items()}
    voices: dict[str, tuple[VoiceInfo, ...]] = {}
    for name, engine in studio().engines.items():
        try:
            voices[name] = run(engine.voices()) if health[name].ready else ()
        except StudioError as error:
            health[name] = Health(False, error.message)
    return health, voices


def test(member: Member, event: TestWanted) -> None:
    """Speak the test line with the sliders as they stand."""
    heard, problems = dict(state.recall("heard", {})), dict(state.recall("voice-problems", {}))
    name = member.character.id
    try:
        sha256, duration_ms = run(
            studio().audition(with_settings(member.profile, event.settings), event.line)
        )
        nonce = heard[name].nonce + 1 if name in heard else 1
        heard[name] = Heard(audio_link(sha256), clock_tenths(duration_ms), duration_ms, nonce)
        problems.pop(name, None)
    except StudioError as error:
        problems[name] = error.message
    state.remember("heard", heard)
    state.remember("voice-problems", problems)


for event in cast_events():
    with mended():
        member = run(studio().cast.member(event.character))
        state.remember("selected-character", event.character)
        if isinstance(event, VoiceChosen) and run(choose_voice(studio(), member, event.voice)):
            told(f"{event.character} has a new voice. Its takes are marked stale where they differ.")
        elif isinstance(event, ProfileSaved) and run(save_settings(studio(), member, event.settings)):
            told(f"Saved for {event.character}. Its takes are marked stale where they differ.")
        elif isinstance(event, TestWanted):
            test(member, event)
        elif isinstance(event, CharacterChosen):
            pass
say_told()

members = run(studio().cast.members())
health, voices = offered(str(studio().owner))
selected = str(state.recall("selected-character", members[0].character.id))
with page_head("Voices", f"Who speaks, with which engine, and how · {plural(len(members), 'voice')}"):
    if st.button("History", type="tertiary"):
        history_dialog(selected)
    if st.button("Add a character"):
        add_dialog()

with page_body(wide=True):
    left, right = st.columns([2.35, 1], gap="medium")
    with left:
        heard, problems = state.recall("heard", {}), state.recall("voice-problems", {})
        cast_sheet(cast_view(members, studio().engines, voices, health, heard, problems, selected))
    with right:
        shown = next((m for m in members if m.character.id == selected), None)
        cards(engines_sheet(studio().engines, health, shown), key="engines")
