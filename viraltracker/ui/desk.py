"""What every page begins with: the studio, the open session's desk, signed links, words for what failed.

The one place where pages meet the studio's loop. Nothing is kept between runs but ids.
"""

import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from uuid import UUID

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException

from viraltracker.errors import NotFound, StudioError
from viraltracker.studio import Desk, Studio
from viraltracker.ui import state
from viraltracker.ui.current import current_studio
from viraltracker.ui.current import run as run_there
from viraltracker.ui.frame import page_body, page_head
from viraltracker.ui.links import LinkSigner
from viraltracker.ui.literal import literal
from viraltracker.ui.login import guest, login
from viraltracker.ui.seats import makes, seat_of_tab, standing
from viraltracker.ui.show.board import board_view
from viraltracker.ui.show.frame import ALONE, frame_view, seat_facts
from viraltracker.ui.views.board import BoardView
from viraltracker.ui.views.frame import FrameView

__all__ = [
    "audio_link",
    "board_of",
    "download_link",
    "frame_figures",
    "hand_over",
    "mended",
    "open_desk",
    "run",
    "say_told",
    "studio",
    "told",
]

T = TypeVar("T")
# The frame has read the open session when its page begins to: read once, used twice. One script, one thread.
_handed = threading.local()


def studio() -> Studio:
    """The studio as this tab's visitor sees it, theirs or another's. Ends the page where nobody is there."""
    found = current_studio()
    assert isinstance(found, Studio)  # noqa: S101 - the lifespan holds nothing else
    if login() is None:
        return found
    visitor = guest()
    if visitor is None:
        st.stop()
    return found.acting_for(seat_of_tab(visitor))


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Wait for one of the studio's coroutines."""
    return run_there(coroutine)


def open_desk() -> Desk:
    """The session in the URL. Without one, or with one that is gone, the page says so and ends."""
    session = state.open_session()
    if session is None:
        _nothing("No session is open", "Choose one on the Sessions page, or begin a new one there.")
    handed = _take_over(session)
    if handed is not None:
        return handed
    try:
        return run(studio().desk(session))
    except NotFound as gone:
        _nothing("This session is not here", gone.message)


def hand_over(desk: Desk) -> None:
    """What draws next in this run, or in the rerun that begins now, need not read the session again."""
    _handed.desk = desk


def _take_over(session: UUID | None) -> Desk | None:
    handed: Desk | None = getattr(_handed, "desk", None)
    _handed.desk = None
    return handed if handed is not None and handed.session.id == session else None


def _nothing(title: str, message: str) -> NoReturn:
    with page_head(title):
        pass
    with page_body():
        st.text(message)
        st.page_link(Path(str(state.recall("pages"))) / "sessions.py", label="To the sessions")
    st.stop()  # raises
    raise AssertionError


def frame_figures(session: UUID | None) -> FrameView:
    """The sidebar's figures for the open session and the studio, and who signed in."""
    visitor = guest() if login() else None
    if visitor is None:
        return replace(_figures(session), closed=ALONE)
    held = standing()
    facts = seat_facts(visitor.home, seat_of_tab(visitor).owner, held.role, held.theirs)
    return replace(_figures(session), **facts)


def _figures(session: UUID | None) -> FrameView:
    desk = _take_over(session)
    try:
        activity = run(studio().activity(0))
        if session is not None and desk is None:
            desk = run(studio().desk(session))
        members = run(studio().cast.members()) if desk is None else desk.members
    except NotFound:
        return frame_view(None, activity.under_way, len(run(studio().cast.members())))
    except StudioError as error:
        st.error(literal(error.message))
        return FrameView()
    if desk is not None:
        hand_over(desk)
    state.remember("under-way", activity.under_way)
    return frame_view(desk, activity.under_way, len(members))


def board_of(desk: Desk) -> BoardView:
    """The board of `desk`, made once: a run that draws it and then begins again draws the same."""
    if getattr(_handed, "shown", None) is not desk:
        _handed.shown, _handed.board = (
            desk,
            board_view(desk, studio().asking(desk), audio_link, makes=makes()),
        )
    board: BoardView = _handed.board
    return board


def audio_link(sha256: str) -> str:
    """A signed link to a take's audio; the same for an hour, so that a rerun doesn't restart a player."""
    return _signer(studio().settings.data).link("audio", sha256, str(studio().owner))


def download_link(thing: str) -> str:
    """A signed link to an export's file."""
    return _signer(studio().settings.data).link("download", thing, str(studio().owner))


@cache
def _signer(data: Path) -> LinkSigner:
    from viraltracker.ui.asgi import link_signer

    return link_signer(data)


def told(message: str, *, wrong: bool = False) -> None:
    """Say something on the next drawing of this page, also after a rerun."""
    state.remember("told", [*state.recall("told", []), (message, wrong)])


@contextmanager
def mended(*, watching: bool = False) -> Iterator[None]:
    """What goes wrong inside is shown as a message, not as a crash.

    `watching`: the page draws itself again every second or so, which would take the message away at once.
    It is told instead.
    """
    try:
        yield
    except StudioError as error:
        if watching:
            told(error.message, wrong=True)
            return
        try:
            st.error(literal(error.message), icon=":material/error:")
        except RerunException:  # the next click came: this drawing is not seen
            told(error.message, wrong=True)
            raise


def say_told() -> None:
    """Show what was to be said; for longer when something went wrong."""
    for message, wrong in state.recall("told", []):
        if wrong:
            st.toast(literal(message), icon=":material/error:", duration="long")
        else:
            st.toast(literal(message))
    state.forget("told")
