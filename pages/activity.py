"""Activity: what the job workers are at, what waits, what lately happened."""

from datetime import datetime
from uuid import UUID

import streamlit as st

from viraltracker.studio import LOCAL_USER
from viraltracker.ui import state
from viraltracker.ui.components.cards import cards, cards_events
from viraltracker.ui.desk import mended, run, say_told, studio, told
from viraltracker.ui.frame import go, page_body, page_head
from viraltracker.ui.login import login
from viraltracker.ui.seats import makes
from viraltracker.ui.show.activity import activity_sheet
from viraltracker.ui.show.words import plural


def clicked(row: str, action: str) -> None:
    """Open the work's session, or cancel what is queued."""
    session, _, item = row.partition(":")
    if action != "cancel":
        go("takes", UUID(session))
    with mended(watching=True):
        generate = run(studio().generate())
        cancelled = run(generate.cancel(UUID(session), [UUID(item)]))
        told("Cancelled." if cancelled.dropped else "It is under way already, so it will finish and be kept.")


def told_worker(worker: str, action: str) -> None:
    """Have a job worker end, soon or when its jobs are done."""
    with mended(watching=True):
        if action == "drain":
            run(studio().tell_worker(UUID(worker), "drain"))
            told("It takes nothing new, and ends when its jobs are done.")
        elif action == "stop":
            run(studio().tell_worker(UUID(worker), "stop"))
            told("It ends. What it doesn't finish in 30 seconds others take over.")


just_counted = [True]
with page_head("Activity", "What is being made, what waits, what lately happened"):
    pass


@st.fragment(run_every=1.0)
def sheet() -> None:
    """What was clicked, then what is going on, looked at again every second."""
    for click in cards_events("activity"):
        if click.card == "work" and click.row:
            clicked(click.row, click.action)
        elif click.card == "workers" and click.row:
            told_worker(click.row, click.action)
    say_told()
    activity = run(studio().activity())
    st.caption(
        f"{plural(activity.under_way, 'job')} under way" if activity.under_way else "Nothing is under way."
    )
    tells = studio().owner == LOCAL_USER
    session = state.open_session()
    deeds = run(studio().people.deeds(session)) if session else None
    now = datetime.now().astimezone()
    nameless = "you" if login() is None else "somebody"
    shown = activity_sheet(activity, now, tells=tells, makes=makes(), deeds=deeds, nameless=nameless)
    cards(shown, key="activity")
    if not just_counted and activity.under_way != state.recall("under-way"):
        st.rerun()  # the sidebar says how many, too
    just_counted.clear()


with page_body():
    sheet()
