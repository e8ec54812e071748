"""People: who works in this studio besides its owner, and as what."""

from datetime import datetime

import streamlit as st

from viraltracker.ui.components.cards import cards, cards_events
from viraltracker.ui.desk import mended, run, say_told, studio, told
from viraltracker.ui.frame import page_body, page_head
from viraltracker.ui.show.people import AS_WHAT, people_sheet

with page_head("People", "Who works in your studio, and as what"):
    pass


def clicked(email: str, action: str) -> None:
    """Have somebody work here as something else, or not at all."""
    with mended():
        if action == "remove":
            run(studio().people.remove(email))
            told(f"{email} doesn't work here any more.")
        else:
            run(studio().people.invite(email, "producer" if action == "producer" else "reviewer"))
            told(f"{email} is a {action} now.")


def invite() -> None:
    """The form that invites an address."""
    with st.form("invite", clear_on_submit=True, border=False):
        address = st.text_input("E-mail address", placeholder="nell@example.org", max_chars=320)
        role = st.radio("As", ["producer", "reviewer"], format_func=AS_WHAT.__getitem__)
        if st.form_submit_button("Invite", type="primary"):
            with mended():
                run(studio().people.invite(address, "producer" if role == "producer" else "reviewer"))
                told("Invited. They work here from their next sign-in with that address.")


with page_body():
    for click in cards_events("people"):
        clicked(click.row, click.action)
    invite()
    cards(people_sheet(run(studio().people.colleagues()), datetime.now().astimezone()), key="people")
    say_told()
