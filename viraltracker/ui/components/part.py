"""A component of ours as Streamlit knows it: registered once, drawn with a view and its inbox's receipt."""

from typing import Any

import streamlit as st

from viraltracker.ui.components.bundle import script as bundled
from viraltracker.ui.components.bundle import style
from viraltracker.ui.state import receipt
from viraltracker.ui.views import to_json

__all__ = ["Part"]


def _nothing() -> None:
    """Streamlit asks for a callback to know an event's name; events are read from the inbox instead."""


class Part:
    """A component by name. Its script and style travel as text, so nothing has to be built or served."""

    def __init__(self, name: str, *, script: str, styles: tuple[str, ...]) -> None:
        self._mount = st.components.v2.component(
            f"viraltracker.{name}", js=bundled(script), css=style(*styles)
        )

    def draw(self, key: str, view: Any, **props: Any) -> None:
        """Draw `view` under `key`; `props` are further plain values the script wants."""
        kept = receipt(key)
        data = {
            "view": to_json(view),
            "receipt": {"epoch": kept.epoch, "sender": kept.sender, "seen": kept.seen},
            **props,
        }
        self._mount(key=key, data=data, on_letter_change=_nothing)
