"""A producer at the Agent page, and what the page then shows."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from streamlit.testing.v1 import AppTest

from tests.model.server import ModelServer
from tests.model.steps import Step
from tests.pages.conftest import Room, calm, part
from viraltracker.agent.approvals import Approvals
from viraltracker.agent.conversations import Conversations
from viraltracker.agent.models import save_choice
from viraltracker.ui.talking import talk_of

PATIENCE = 200
"""Looks at a page until something must have happened: each takes a tenth of a second or more."""


class Conversing:
    """A producer at the Agent page, and the model that answers."""

    def __init__(self, room: Room, model: ModelServer) -> None:
        self.room = room
        self.model = model
        self.sent = 0

    def set_model(self) -> None:
        studio = self.room.studio
        self.room.run(
            save_choice(studio.settings, studio.records, studio.owner, "stand-in", self.model.base_url)
        )

    def open(self, session: UUID | None = None, **query: object) -> AppTest:
        return self.room.open("agent", session, **query)

    def send(self, tab: AppTest, kind: str, part_name: str = "chat", **facts: Any) -> AppTest:
        self.sent += 1
        letter = {"sender": "tab", "events": [{"n": self.sent, "kind": kind, **facts}]}
        tab.session_state[part_name] = {"letter": letter}
        return calm(tab.run())

    def say(self, tab: AppTest, text: str) -> AppTest:
        return self.send(tab, "say", text=text, based_on=view(tab)["revision"])

    def settle(self, tab: AppTest) -> dict[str, Any]:
        """The page once nothing is under way. Waits beside it: a look at it costs more than most answers."""
        conversation = UUID(view(tab)["conversation"])
        assert talk_of(conversation, uuid4()) is None, "it is nobody else's to see"
        turn = talk_of(conversation, self.room.studio.owner)
        if turn is not None:
            self.room.until(lambda: turn.live.over)
        return until(tab, lambda seen: not seen.get("busy"))

    def hear(self, session: UUID | None, text: str, *steps: Step) -> AppTest:
        """The page once the model has answered `text` with these steps."""
        self.set_model()
        self.model.will(*steps)
        tab = self.say(self.open(session), text)
        self.settle(tab)
        return tab

    @property
    def conversations(self) -> Conversations:
        return Conversations(self.room.studio.records)

    @property
    def approvals(self) -> Approvals:
        return Approvals(self.room.studio.records)


def view(tab: AppTest) -> dict[str, Any]:
    return part(tab, "chat")


def until(tab: AppTest, seen: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The conversation once it looks like that."""
    for _ in range(PATIENCE):
        if seen(view(tab)):
            return view(tab)
        calm(tab.run())
    raise AssertionError(f"the page never got there: {view(tab)}")


def said(seen: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (line["words"]["by"], line["words"]["text"].strip())
        for line in seen.get("lines", [])
        if "words" in line
    ]


def deeds(seen: dict[str, Any]) -> list[dict[str, Any]]:
    return [line["deed"] for line in seen.get("lines", []) if "deed" in line]


def asks(seen: dict[str, Any]) -> list[dict[str, Any]]:
    return [line["ask"] for line in seen.get("lines", []) if "ask" in line]
