"""The frame around every page: brand, places with their figures, the open session; and the head of a page.

Streamlit's own menu can't show figures nor keep the session in the URL, so it is hidden and the places are
links of the sidebar. Nothing here knows what the figures mean.
"""

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from uuid import UUID

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from viraltracker.ui import state
from viraltracker.ui.flush import sent
from viraltracker.ui.views.frame import FrameView

__all__ = ["PLACES", "Place", "draw_frame", "go", "page_body", "page_head"]

_ASSETS = Path(__file__).with_name("assets")
_SIDEBAR_PX = 216
_FOLDER = "pages"


@dataclass(frozen=True, slots=True)
class Place:
    """A page: its file's stem (its URL too), its title, and the field of `FrameView` with its figure.

    `section` is where its link stands: at the top, with the open session, or with the studio.
    """

    name: str
    title: str
    figure: str = ""
    section: str = "top"


PLACES = (
    Place("sessions", "Sessions"),
    Place("script", "Script", "script", "session"),
    Place("takes", "Takes", "takes", "session"),
    Place("episode", "Episode", "episode", "session"),
    Place("voices", "Voices", "voices", "studio"),
    Place("agent", "Agent", "", "studio"),
    Place("activity", "Activity", "activity", "studio"),
    Place("people", "People", "", "studio"),
)
"""The studio's places in a producer's order. One without a file has no link."""


def draw_frame(
    folder: Path, figures: Callable[[UUID | None], FrameView], entered: Callable[[], bool] = lambda: True
) -> None:
    """Draw the frame and run the page that the URL names, from `folder`; `figures` fills the sidebar.

    Who may not come in has been told so when `entered` says no, and sees nothing else.

    The first place is the studio's front door, at `/`.
    """
    st.set_page_config(
        page_title="viraltracker", layout="wide", initial_sidebar_state=_SIDEBAR_PX, page_icon="🎙️"
    )
    for sheet in ("tokens.css", "frame.css"):
        st.html(_ASSETS / sheet)
    pages = {
        place: st.Page(
            folder / f"{place.name}.py", title=place.title, default=place is PLACES[0], url_path=place.name
        )
        for place in PLACES
        if (folder / f"{place.name}.py").is_file()
    }
    current = st.navigation(list(pages.values()), position="hidden")
    state.remember(_FOLDER, str(folder))
    if not entered():
        return
    view = figures(state.open_session())
    with st.sidebar:
        _draw_places(pages, current, view)
    place = next(each for each, page in pages.items() if page.url_path == current.url_path)
    if place.name in view.closed:
        with page_head(place.title):
            pass
        with page_body():
            st.text(view.closed[place.name])
    else:
        current.run()
    sent()


def go(place: str, session: UUID | None) -> NoReturn:
    """Leave for another place, with that session open there. Ends the run of this page."""
    _stop_watching()
    folder = Path(str(state.recall(_FOLDER)))
    st.switch_page(folder / f"{place}.py", query_params=_query(session))


def _stop_watching() -> None:
    """Forget the fragments of this page. The browser asks for one that looks again by itself until the other
    page stands, and Streamlit answers with this page's hash, upon which the browser takes the other one away.
    """
    context = get_script_run_ctx()
    if context is not None:
        context.fragment_storage.clear()


def _query(session: UUID | None) -> dict[str, str] | None:
    """What the URL keeps: the open session, and whose studio it is."""
    named = {"session": session, "studio": state.open_studio()}
    return {name: str(value) for name, value in named.items() if value is not None} or None


def _draw_studios(view: FrameView) -> None:
    """Whose studio this is; another one begins with its sessions."""
    chosen = st.selectbox(
        "Studio",
        list(view.studios),
        index=list(view.studios).index(view.studio),
        format_func=view.studios.__getitem__,
        key=f"studio:{view.studio}",
        label_visibility="collapsed",
    )
    if chosen != view.studio:
        _stop_watching()
        place = Path(str(state.recall(_FOLDER))) / f"{PLACES[0].name}.py"
        st.switch_page(place, query_params={"studio": chosen})


def _draw_places(pages: dict[Place, st.Page], current: st.Page, view: FrameView) -> None:
    st.html('<div class="brand"><i></i>viraltracker</div>')
    if view.studios:
        _draw_studios(view)
    _draw_links("top", pages, current, view)
    if view.session is not None:
        st.html(f'<div class="sec" title="{html.escape(view.title)}">{html.escape(view.title)}</div>')
        _draw_links("session", pages, current, view)
    st.html('<div class="sec">Studio</div>')
    _draw_links("studio", pages, current, view)
    if view.person:
        st.html(f'<div class="sec who" title="{html.escape(view.person)}">{html.escape(view.person)}</div>')
        if st.button("Sign out", type="tertiary"):
            st.logout()


def _draw_links(section: str, pages: dict[Place, st.Page], current: st.Page, view: FrameView) -> None:
    for place, page in pages.items():
        if place.section != section or place.name in view.closed:
            continue
        figure = getattr(view, place.figure) if place.figure else ""
        label = f"{place.title} :gray[{figure}]" if figure else place.title
        here = "here" if page.url_path == current.url_path else "there"
        with st.container(key=f"place-{here}-{place.name}"):
            st.page_link(page, label=label, query_params=_query(view.session), width="stretch")


@contextmanager
def page_head(title: str, sub: str = "", *, flush: bool = False) -> Iterator[None]:
    """The head of a page; what is drawn inside stands at its right, in one line.

    `flush` leaves out the line below, for a page whose first part goes on with it.
    """
    words = f'<h1>{html.escape(title)}</h1><div class="sub">{html.escape(sub)}</div>'
    name = "head-flush" if flush else "head"
    with st.container(key=name, horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<header class="title">{words}</header>', width="stretch")
        yield


@contextmanager
def page_body(*, wide: bool = False) -> Iterator[None]:
    """The padded part of a page below its head. `wide`: a narrow window puts its columns below each other."""
    with st.container(key="body-wide" if wide else "body"):
        yield
