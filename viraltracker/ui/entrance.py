"""The door of a studio where people sign in: who hasn't done so sees it and nothing else."""

import streamlit as st

from viraltracker.errors import StudioError
from viraltracker.studio import Person, make_example
from viraltracker.ui import state
from viraltracker.ui.desk import run, studio
from viraltracker.ui.literal import literal
from viraltracker.ui.login import Login, login, person, visitor

__all__ = ["entered"]

_ENTERED = "entered"


def entered() -> bool:
    """Whether this tab's visitor may see the pages; where not, the page says what to do."""
    way = login()
    if way is None:
        return True
    owner = person()
    if owner is None:
        _draw_door(way)
        return False
    if state.recall(_ENTERED) == owner.id:
        return True
    try:
        _welcome(owner)
    except StudioError as error:
        st.error(literal(error.message), icon=":material/error:")
        return False
    state.remember(_ENTERED, owner.id)
    return True


def _welcome(owner: Person) -> None:
    theirs = studio()
    run(theirs.sign_in(owner))
    run(make_example(theirs))


def _draw_door(way: Login) -> None:
    with st.container(key="door"):
        st.html('<div class="brand"><i></i>viraltracker</div><h1>Sign in</h1>')
        stranger = visitor()
        if stranger is not None:
            called = stranger.person.email or stranger.person.called
            st.text(f"You are signed in as {called}, who may not enter here. Ask whoever runs this studio.")
            if st.button("Sign out"):
                st.logout()
            return
        st.text("Your sessions, takes and voices are yours alone here.")
        for provider in way.providers:
            words = f"Sign in with {provider}" if len(way.providers) > 1 and provider else "Sign in"
            if st.button(literal(words), type="primary", key=f"provider-{provider}"):
                st.login(provider or None)
