"""The Voices page's dialogs: a new character, and the voices a character has had."""

from dataclasses import replace

import streamlit as st

from viraltracker.ui.desk import mended, run, studio, told
from viraltracker.voices import Character, profile_diff, seeded_profiles, slug

__all__ = ["add_dialog", "history_dialog"]


@st.dialog("Add a character")
def add_dialog() -> None:
    """A new member of the cast, speaking with a copy of another one's voice to begin with."""
    name = st.text_input("Name", placeholder="harbour master", key="new-character")
    role = st.text_input("Role", placeholder="tired official", key="new-role")
    aliases = st.text_input("Other names a script may use, with commas", key="new-aliases")
    members = run(studio().cast.members())
    like = st.selectbox("Speaks like", [m.character.id for m in members], key="new-like")
    colour = st.color_picker("Colour", "#5b6b7d", key="new-colour")
    if st.button("Add", type="primary", disabled=not name.strip()):
        with mended():
            source = next((m.profile for m in members if m.character.id == like), seeded_profiles()[0])
            others = tuple(alias.strip() for alias in aliases.split(",") if alias.strip())
            character = Character(slug(name), role, others, colour, colour)
            run(studio().cast.add(character, replace(source, character=character.id)))
            told(f"{character.id} is in the cast: [CHARACTER: {character.id}] in a script.")
            st.rerun()


@st.dialog("Voice history", width="large")
def history_dialog(character: str) -> None:
    """All profiles of a character, newest first; an older one can be taken up again."""
    versions = run(studio().cast.history(character))
    st.caption(f"{character} · a click on a character's name on the page shows that one's")
    for newer, version in zip((None, *versions), versions, strict=False):
        left, right = st.columns([5, 1], vertical_alignment="center")
        changes = profile_diff(version.profile, newer.profile) if newer else ()
        said = "in use" if version.active else "; ".join(changes) or "the same settings"
        left.text(f"Version {version.version} · {version.created_at:%d %b %H:%M} · {said}")
        if not version.active and right.button("Use", key=f"use:{character}:{version.version}"):
            with mended():
                run(studio().cast.save(version.profile, versions[0].version))
                told(f"{character} speaks as in version {version.version} again.")
                st.rerun()
