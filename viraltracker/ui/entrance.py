"""The door of a studio where people sign in: who hasn't done so sees it and nothing else."""

import streamlit as st

from viraltracker.errors import StudioError
from viraltracker.studio import Person, Studio, make_example
from viraltracker.ui import state
from viraltracker.ui.current import current_studio, run
from viraltracker.ui.frame import go
from viraltracker.ui.literal import literal
from viraltracker.ui.login import Login, guest, login, visitor
from viraltracker.ui.seats import seat_of_tab, take_seat

__all__ = ["entered"]

_ENTERED = "entered"


def entered() -> bool:
    """Whether this tab's visitor may see the pages; where not, the page says what to do."""
    way = login()
    if way is None:
        return True
    visitor = guest()
    if visitor is None:
        _draw_door(way)
        return False
    home = current_studio().acting_for(visitor.home)
    try:
        if state.recall(_ENTERED) != visitor.home:
            _welcome(home, visitor.person)
            state.remember(_ENTERED, visitor.home)
        at_home = take_seat(home, seat_of_tab(visitor)) is not None
    except StudioError as error:
        st.error(literal(error.message), icon=":material/error:")
        return False
    if not at_home:
        _draw_stranger()
    return at_home


def _draw_stranger() -> None:
    with st.container(key="door"):
        st.html('<div class="brand"><i></i>viraltracker</div><h1>Not your studio</h1>')
        st.text("You don't work in this studio, or not any more. Its owner can invite you.")
        if st.button("To my own studio", type="primary"):
            st.query_params.clear()
            go("sessions", None)


def _welcome(home: Studio, who: Person) -> None:
    run(home.sign_in(who))
    run(make_example(home))


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
        st.text("Your sessions, takes and voices are seen by you and whom you invite, nobody else.")
        for provider in way.providers:
            words = f"Sign in with {provider}" if len(way.providers) > 1 and provider else "Sign in"
            if st.button(literal(words), type="primary", key=f"provider-{provider}"):
                st.login(provider or None)
