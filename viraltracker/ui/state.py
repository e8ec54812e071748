"""What a browser tab remembers: the one module that touches `st.session_state` and the URL.

It holds ids and small choices, never records: whatever matters rests in the database, and a page drawn again
reads it there. No run ends in here though the next one is wanted, only where something is drawn. Also the
inbox of our components: what a producer did reaches Python once and only once (see `inbox`).
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

__all__ = [
    "Receipt",
    "chosen",
    "forget",
    "inbox",
    "open_conversation",
    "open_session",
    "open_studio",
    "recall",
    "receipt",
    "remember",
    "show_conversation",
]

_OWN = "studio:"
_STUDIO = "studio"
_SESSION = "session"
_CONVERSATION = "conversation"


@dataclass(slots=True)
class Receipt:
    """How far a component's events were read: `epoch` is this tab's life, `seen` the last of `sender`."""

    epoch: str
    sender: str = ""
    seen: int = 0


def open_session() -> UUID | None:
    """The session in the URL (`?session=...`); None where there is none or it is no id."""
    return _id_in_url(_SESSION)


def open_studio() -> UUID | None:
    """Whose studio this tab works in, as the URL says; None: one's own."""
    return _id_in_url(_STUDIO)


def open_conversation() -> UUID | None:
    """The conversation in the URL; None where the newest one is meant."""
    return _id_in_url(_CONVERSATION)


def show_conversation(conversation: UUID | None) -> None:
    """Put a conversation into the URL; None is the newest one."""
    with _undisturbed():
        if conversation is None:
            st.query_params.pop(_CONVERSATION, None)
        else:
            st.query_params[_CONVERSATION] = str(conversation)


def remember(name: str, value: Any) -> None:
    """Keep a small choice of this tab under `name`."""
    with _undisturbed():
        st.session_state[_OWN + name] = value


def recall(name: str, default: Any = None) -> Any:
    """What was kept under `name`."""
    with _undisturbed():
        return st.session_state.get(_OWN + name, default)


def chosen(key: str, default: Any = None) -> Any:
    """The value of the widget drawn under `key`, also where it is drawn further down."""
    with _undisturbed():
        return st.session_state.get(key, default)


def forget(name: str) -> None:
    """Let go of what was kept under `name`."""
    with _undisturbed():
        st.session_state.pop(_OWN + name, None)


def receipt(key: str) -> Receipt:
    """The state of the component's inbox; sent along with its data, so that it knows what has arrived."""
    found = recall(f"inbox:{key}")
    if isinstance(found, Receipt):
        return found
    fresh = Receipt(secrets.token_hex(8))
    remember(f"inbox:{key}", fresh)
    return fresh


def inbox(key: str) -> Iterator[Mapping[str, Any]]:
    """The events of the component `key` that came with this run and were not read before, in order.

    The component repeats an event until a receipt names it: Streamlit keeps only the last of several triggers
    of one name when runs are merged, and a click must not get lost. Each carries its number, so none is read
    twice; events of an earlier life of this tab (a restarted server) are dropped.

    An event counts as read when it is handed out, and who acts on it is not broken off at this tab's state:
    act on each before the next is asked for.
    """
    kept = receipt(key)
    letter = _letter(key)
    sender = str(letter.get("sender", ""))
    # A run of the clock comes without a letter: what was read before it stays read.
    if not sender or letter.get("epoch", kept.epoch) != kept.epoch:
        return
    if sender != kept.sender:
        kept.sender, kept.seen = sender, 0
    events = letter.get("events")
    with _undisturbed():
        for event in events if isinstance(events, list) else ():
            number = event.get("n") if isinstance(event, Mapping) else None
            if isinstance(number, int) and number > kept.seen:
                kept.seen = number
                yield event


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Inside, looking at the tab's state and at the URL ends no run.

    Streamlit ends a run at every such look once another one is asked for, as the next click does. Between an
    event that was read and the deed it asks for, or between a deed and the note of it, that would lose one.
    """
    context = get_script_run_ctx()
    if context is None:
        yield
        return
    # Streamlit has no public word for it; a test clicks faster than runs follow each other.
    held, ending = context.session_state, context.session_state._yield_callback
    object.__setattr__(held, "_yield_callback", _go_on)
    try:
        yield
    finally:
        object.__setattr__(held, "_yield_callback", ending)


def _go_on() -> None:
    """The run goes on."""


def _id_in_url(name: str) -> UUID | None:
    with _undisturbed():
        said = st.query_params.get(name, "")
    try:
        return UUID(said)
    except ValueError:
        return None


def _letter(key: str) -> Mapping[str, Any]:
    with _undisturbed():
        value = st.session_state.get(key)
    letter = value.get("letter") if isinstance(value, Mapping) else None
    return letter if isinstance(letter, Mapping) else {}
