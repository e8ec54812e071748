"""Episode: the timeline, the master's figures, export and its receipts."""

from datetime import datetime

import streamlit as st

from viraltracker.episode import Asked, unpicked
from viraltracker.studio import Desk
from viraltracker.ui import state
from viraltracker.ui.components.cards import cards
from viraltracker.ui.components.timeline import timeline, timeline_events
from viraltracker.ui.desk import audio_link, download_link, mended, open_desk, run, say_told, studio, told
from viraltracker.ui.frame import go, page_body, page_head
from viraltracker.ui.seats import makes, shared
from viraltracker.ui.show.episode import episode_sheet, episode_sub, timeline_view
from viraltracker.ui.show.words import plural


def said(asked: Asked) -> None:
    """An export was asked for."""
    told("It is being exported already." if asked.already else "Exporting: it appears under Receipts.")
    state.remember("exporting", True)


def export(desk: Desk, kind: str) -> None:
    """Ask for a file; beats without a pick are asked about first."""
    leave_out = bool(state.chosen("leave-out"))
    with mended():
        if kind == "zip":
            said(run(studio().exports.request_zip(desk.session, leave_out)))
        else:
            stereo = state.chosen("preset") == "Podcast stereo"
            said(run(studio().exports.request_mp3(desk.session, stereo, leave_out)))


def offer_exports(desk: Desk) -> None:
    """What the episode can be exported as."""
    st.segmented_control(
        "Preset",
        ["Speech mono", "Podcast stereo"],
        default="Speech mono",
        key="preset",
        label_visibility="collapsed",
    )
    blocked = bool(unpicked(desk.session)) and not state.chosen("leave-out")
    if st.button("Hand-off ZIP", disabled=blocked):
        export(desk, "zip")
    if st.button("Export", type="primary", disabled=blocked, key="export"):
        export(desk, "mp3")


desk = open_desk()
missing = unpicked(desk.session)
with page_head("Episode", episode_sub(desk, datetime.now().astimezone())):
    if makes():
        offer_exports(desk)
say_told()


@st.fragment(run_every=1.0 if state.recall("exporting", False) or shared() else None)
def watched() -> None:
    """The picture and the receipts; looked at again every second while something is exported."""
    for _ in timeline_events():  # a beat was opened: the board comes up with it
        go("takes", state.open_session())
    now = open_desk()
    left, right = st.columns([2.2, 1], gap="medium")
    with left:
        timeline(timeline_view(now, audio_link))
    with right:
        cards(episode_sheet(now, datetime.now().astimezone(), download_link), key="episode")
    busy = any(x.status in ("queued", "generating") for x in now.session.exports)
    if busy != state.recall("exporting", False):
        state.remember("exporting", busy)
        st.rerun()


with page_body(wide=True):
    if missing:
        names = ", ".join(beat.beat_id for beat in missing[:6]) + (" …" if len(missing) > 6 else "")
        st.warning(
            f"{plural(len(missing), 'beat')} without a picked take: {names}", icon=":material/warning:"
        )
        if makes():
            st.checkbox("Export without them", key="leave-out")
    watched()
