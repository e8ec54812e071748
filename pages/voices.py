"""Voices: who speaks, with which engine's voice, and how; which engines can be used; the voice workers."""

from secrets import token_hex

import streamlit as st

from viraltracker.errors import StudioError
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
from viraltracker.ui.components.workers import workers_events, workers_part
from viraltracker.ui.desk import audio_link, mended, run, say_told, studio, told
from viraltracker.ui.frame import page_body, page_head
from viraltracker.ui.offers import offers_of
from viraltracker.ui.show.voices import cast_view, engines_sheet
from viraltracker.ui.show.words import clock_tenths, plural
from viraltracker.ui.tending import tending_of
from viraltracker.ui.views.cast import Heard
from viraltracker.ui.voicing import choose_voice, save_settings, with_settings

PATIENCE_S = 0.8
"""How long the page waits for engines that never said anything yet; the rest comes when it comes."""


def test(member: Member, event: TestWanted) -> None:
    """Speak the test line with the sliders as they stand."""
    heard, problems = dict(state.recall("heard", {})), dict(state.recall("voice-problems", {}))
    name = member.character.id
    try:
        sha256, duration_ms = run(
            studio().audition(with_settings(member.profile, event.settings), event.line)
        )
        heard[name] = Heard(audio_link(sha256), clock_tenths(duration_ms), duration_ms, token_hex(8))
        problems.pop(name, None)
    except StudioError as error:
        problems[name] = error.message
    state.remember("heard", heard)
    state.remember("voice-problems", problems)


@st.fragment(run_every=1.0)
def workers() -> None:
    """The voice workers, looked at again every second, and what was asked of them. Waits for none."""
    tending, offers = tending_of(studio()), offers_of(studio())
    for event in workers_events():
        with mended(watching=True):
            tending.tend(event)
    for problem in tending.settle(audio_link):
        told(problem, wrong=True)
    say_told()
    used = any(member.profile.engine == "worker" for member in members)
    workers_part(tending.view(expected=used))
    if tending.offers_differ():
        offers.forget("worker")
    if offers.look() != offered:
        st.rerun()  # the cast sheet shows them


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
offered = offers_of(studio()).look(PATIENCE_S)
health = {name: offer.health for name, offer in offered.items()}
voices = {name: offer.voices for name, offer in offered.items()}
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
        if "worker" in studio().engines:
            workers()
