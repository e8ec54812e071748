"""What a browser tab remembers: the one module that touches `st.session_state` and the URL.

It holds ids and small choices, never records: whatever matters rests in the database, and a page drawn again
reads it there. Also the inbox of our components: what a producer did reaches Python once and only once (see
`inbox`).
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import streamlit as st

__all__ = [
    "Receipt",
    "chosen",
    "forget",
    "inbox",
    "open_session",
    "recall",
    "receipt",
    "remember",
]

_OWN = "studio:"
_SESSION = "session"


@dataclass(slots=True)
class Receipt:
    """How far a component's events were read: `epoch` is this tab's life, `seen` the last of `sender`."""

    epoch: str
    sender: str = ""
    seen: int = 0


def open_session() -> UUID | None:
    """The session in the URL (`?session=...`); None where there is none or it is no id."""
    try:
        return UUID(st.query_params.get(_SESSION, ""))
    except ValueError:
        return None


def remember(name: str, value: Any) -> None:
    """Keep a small choice of this tab under `name`."""
    st.session_state[_OWN + name] = value


def recall(name: str, default: Any = None) -> Any:
    """What was kept under `name`."""
    return st.session_state.get(_OWN + name, default)


def chosen(key: str, default: Any = None) -> Any:
    """The value of the widget drawn under `key`, also where it is drawn further down."""
    return st.session_state.get(key, default)


def forget(name: str) -> None:
    """Let go of what was kept under `name`."""
    st.session_state.pop(_OWN + name, None)


def receipt(key: str) -> Receipt:
    """The state of the component's inbox; sent along with its data, so that it knows what has arrived."""
    found = recall(f"inbox:{key}")
    if isinstance(found, Receipt):
        return found
    fresh = Receipt(secrets.token_hex(8))
    remember(f"inbox:{key}", fresh)
    return fresh


def inbox(key: str) -> tuple[Mapping[str, Any], ...]:
    """The events of the component `key` that came with this run and were not read before, in order.

    The component repeats an event until a receipt names it: Streamlit keeps only the last of several triggers
    of one name when runs are merged, and a click must not get lost. Each carries its number, so none is read
    twice; events of an earlier life of this tab (a restarted server) are dropped.
    """
    kept = receipt(key)
    letter = _letter(key)
    sender = str(letter.get("sender", ""))
    # A run of the clock comes without a letter: what was read before it stays read.
    if not sender or letter.get("epoch", kept.epoch) != kept.epoch:
        return ()
    if sender != kept.sender:
        kept.sender, kept.seen = sender, 0
    fresh = []
    events = letter.get("events")
    for event in events if isinstance(events, list) else ():
        number = event.get("n") if isinstance(event, Mapping) else None
        if isinstance(number, int) and number > kept.seen:
            kept.seen = number
            fresh.append(event)
    return tuple(fresh)


def _letter(key: str) -> Mapping[str, Any]:
    value = st.session_state.get(key)
    letter = value.get("letter") if isinstance(value, Mapping) else None
    return letter if isinstance(letter, Mapping) else {}
