"""The conversation with the agent (Agent page): transcript, questions, composer, and takes that can be heard.

In: a `ChatView`. Out: `ChatEvent`s. What is typed stays in the tab until it has been said.
"""

from collections.abc import Iterator

from viraltracker.ui.components.chat.events import (
    Answered,
    ChatEvent,
    GoOn,
    ModelWanted,
    Opened,
    Say,
    Stop,
    chat_events_of,
)
from viraltracker.ui.components.part import Part
from viraltracker.ui.state import inbox
from viraltracker.ui.views.chat import ChatView

__all__ = [
    "Answered",
    "ChatEvent",
    "GoOn",
    "ModelWanted",
    "Opened",
    "Say",
    "Stop",
    "chat",
    "chat_events",
    "chat_events_of",
]

_PART = Part("chat", script="chat/main.js", styles=("chat/question.css", "chat/chat.css"))


def chat_events(key: str = "chat") -> Iterator[ChatEvent]:
    """What the producer did since the last run. Ask before drawing, act on it, then draw what is now true."""
    for letter in inbox(key):
        yield from chat_events_of([letter])


def chat(view: ChatView, key: str = "chat") -> None:
    """Draw the conversation; it is as high as the window leaves."""
    _PART.draw(key, view)
