from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic_ai import models
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import BEATS, Room, calm, part
from tests.pages.model_server import Held, ModelServer, Step, model_server
from viraltracker.agent.approvals import Approvals, Question
from viraltracker.agent.conversations import Conversations
from viraltracker.agent.models import save_choice
from viraltracker.errors import Conflict

EVIL = '<img src=x onerror="alert(1)">$(touch x)`[1](javascript:0)'
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
        self.room.run(save_choice(studio.settings, studio.records, "stand-in", self.model.url))

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


@pytest.fixture
def talk(room: Room) -> Iterator[Conversing]:
    with model_server() as model, models.override_allow_model_requests(True):
        yield Conversing(room, model)


def test_without_a_model_the_page_says_what_to_set(talk: Conversing) -> None:
    seen = view(talk.open())
    assert [way["title"] for way in seen["setup"]][1] == "A cloud model"
    assert "http://127.0.0.1:11434/v1" in "".join(seen["setup"][0]["lines"])
    assert seen["closed"]
    assert "examples" not in seen


def test_a_fresh_conversation_offers_what_to_ask(talk: Conversing) -> None:
    talk.set_model()
    alone, beside = view(talk.open()), view(talk.open(talk.room.write()))
    assert len(alone["examples"]) == len(beside["examples"]) == 3
    assert alone["examples"] != beside["examples"]
    assert not alone.get("notice")


def test_words_are_heard_as_they_come_and_stay(talk: Conversing) -> None:
    talk.set_model()
    words = Held("The harbour ", "is closed.")
    talk.model.will(words)
    tab = talk.say(talk.open(), "How is the harbour?")
    assert words.reached.wait(30)
    seen = until(tab, lambda seen: said(seen)[-1][0] == "agent")
    assert said(seen) == [("producer", "How is the harbour?"), ("agent", "The harbour")]
    assert seen["busy"] == "here"
    words.go.set()
    seen = talk.settle(tab)
    assert said(seen)[-1] == ("agent", "The harbour is closed.")
    assert view(talk.open())["lines"] == seen["lines"]
    facts = {
        row["cells"][0]["text"]: row["cells"][1]["text"]
        for row in part(tab, "conversations")["cards"][0]["rows"]
    }
    assert facts == {"Requests": "1", "Tokens in": "1,200", "Tokens out": "40"}


def test_a_tool_is_one_line_in_a_producers_words(talk: Conversing) -> None:
    session = talk.room.write()
    tab = talk.hear(
        session,
        "How is it?",
        [
            ("get_production_session", {"session": ""}),
            ("select_take", {"session": "", "beat": "01_open", "take": 7}),
        ],
        "Two beats.",
    )
    looked, picked = deeds(view(tab))
    assert (looked["state"], looked["words"]) == ("done", "Looked at The Fog Ledger")
    assert '"title": "The Fog Ledger"' in looked["detail"]
    assert (picked["state"], picked["words"]) == ("failed", "Couldn't pick a take of 01_open")
    assert picked["why"] == "Beat 01_open has no take 7. Its takes: none."
    assert picked["ways"][0]["beat"] == str(talk.room.desk(session).session.beats[0].id)


def test_a_yes_makes_takes_that_are_heard_in_the_conversation(talk: Conversing) -> None:
    session = talk.room.write()
    tab = talk.hear(
        session, "Make the first", [("generate_beat_audio", {"session": "", "beats": ["01_open"]})], "Made."
    )
    (ask,) = asks(view(tab))
    assert ask["title"] == 'Make takes of beat 01_open of "The Fog Ledger"'
    assert (ask["cost"], ask["yes"], ask["no"]) == ("free", "Yes, it's free", "No")
    assert ask["facts"] == ["22 characters"]
    assert talk.room.desk(session).session.beats[0].takes == ()
    tab = talk.send(tab, "answer", approval=ask["id"], call=ask["call"], yes=True)
    until(tab, lambda seen: bool(talk.room.desk(session).session.beats[0].takes))
    assert deeds(view(tab))[0]["state"] == "working"
    talk.room.made(session)
    seen = talk.settle(tab)
    (made,) = deeds(seen)
    assert (made["state"], made["words"]) == ("done", "Made 1 take of 01_open · free")
    (player,) = made["players"]
    assert player["label"] == "01_open · take 1"
    assert player["url"].startswith("/audio/")
    assert said(seen)[-1] == ("agent", "Made.")


def test_a_no_is_told_and_the_turn_goes_on(talk: Conversing) -> None:
    session = talk.room.write()
    tab = talk.hear(session, "Delete it", [("delete_session", {"session": ""})], "Then not.")
    (ask,) = asks(view(tab))
    assert (ask["yes"], ask["no"], ask["lines"]) == (
        "Yes, delete",
        "No, keep it",
        ["Into the trash for 30 days; takes that wait are dropped."],
    )
    seen = talk.settle(talk.send(tab, "answer", approval=ask["id"], call=ask["call"], yes=False))
    assert deeds(seen)[0]["words"] == "You said no: didn't delete the session"
    assert said(seen)[-1] == ("agent", "Then not.")
    assert talk.room.desk(session).session.deleted_at is None


def test_the_turn_waits_for_all_answers_and_a_change_is_shown_line_by_line(talk: Conversing) -> None:
    session = talk.room.write()
    block = "[BEAT: 01_open]\nname: Fog Rolls In\n---\nThe harbour is open.\n[END_BEAT]\n"
    tab = talk.hear(
        session,
        "Open the harbour and start over",
        [
            ("edit_beat", {"session": "", "beat": "01_open", "block": block}),
            ("delete_session", {"session": ""}),
        ],
        "Changed, not deleted.",
    )
    change, delete = asks(view(tab))
    assert "-The harbour is closed." in change["diff"]
    assert "+The harbour is open." in change["diff"]
    tab = talk.send(tab, "answer", approval=change["id"], call=change["call"], yes=True)
    assert [ask.get("answer") for ask in asks(view(tab))] == ["yes", None]
    assert talk.room.run(talk.room.studio.sessions.script(session)).number == 1
    seen = talk.settle(talk.send(tab, "answer", approval=delete["id"], call=delete["call"], yes=False))
    assert [deed["state"] for deed in deeds(seen)] == ["done", "denied"]
    assert "open" in talk.room.run(talk.room.studio.sessions.script(session)).els


def test_what_was_answered_elsewhere_only_has_to_go_on(talk: Conversing) -> None:
    session = talk.room.write()
    tab = talk.hear(session, "Delete it", [("delete_session", {"session": ""})], "Gone.")
    (asked,) = talk.room.run(talk.approvals.listed())
    talk.room.run(talk.approvals.decide(asked.id, True))
    seen = view(calm(tab.run()))
    assert asks(seen)[0]["answer"] == "yes"
    assert seen["go_on"] == "Go on"
    seen = talk.settle(talk.send(tab, "go_on"))
    assert deeds(seen)[0]["state"] == "done"


def test_a_lapsed_question_can_be_asked_again(talk: Conversing) -> None:
    session = talk.room.write()
    tab = talk.hear(session, "Delete it", [("delete_session", {"session": ""})], "Gone.")
    (asked,) = talk.room.run(talk.approvals.listed())
    # The same with another question withdraws the first.
    talk.room.run(
        talk.approvals.ask(asked.tool, asked.arguments, Question("destroy", "Another"), session=asked.session)
    )
    (ask,) = asks(view(calm(tab.run())))
    assert ask["lapsed"] == "Something changed since this was asked."
    assert ask["yes"] == "Ask again"
    seen = talk.settle(talk.send(tab, "answer", approval=ask["id"], call=ask["call"], yes=True))
    (again,) = asks(seen)
    assert again["id"] != ask["id"]
    assert not again.get("lapsed")
    assert talk.room.desk(session).session.deleted_at is None


def test_questions_from_elsewhere_wait_at_the_side(talk: Conversing) -> None:
    session = talk.room.write()
    tab = talk.open(session)
    assert not [node for node in tab.get("bidi_component") if "questions" in node.proto.id]
    question = Question("spend", "Make 2 beats", beats=("01_open",), characters=22, usd=0.12, exact=False)
    asked = talk.room.run(talk.approvals.ask("generate_beat_audio", {"beats": 2}, question))
    (ask,) = part(calm(tab.run()), "questions")["asks"]
    assert (ask["title"], ask["cost"], ask["yes"]) == ("Make 2 beats", "about $0.12", "Yes, about $0.12")
    talk.send(tab, "answer", "questions", approval=str(asked.id), yes=True)
    (known,) = talk.room.run(talk.approvals.listed(every=True))
    assert known.status == "granted"
    assert talk.model.asked == []


def test_a_model_that_fails_is_told_and_the_conversation_goes_on(talk: Conversing) -> None:
    tab = talk.hear(None, "Hello?", 401)
    seen = view(tab)
    assert "401" in seen["notice"]
    assert (seen["tone"], seen.get("busy")) == ("failed", None)
    talk.model.will("Here.")
    seen = talk.settle(talk.say(tab, "Again"))
    assert said(seen)[-1] == ("agent", "Here.")
    assert not seen.get("notice")


def test_stop_ends_the_answer_and_keeps_what_was_said(talk: Conversing) -> None:
    talk.set_model()
    words = Held("It began ", "and never ended.")
    talk.model.will(words)
    tab = talk.say(talk.open(), "Tell me all")
    assert words.reached.wait(30)
    until(tab, lambda seen: said(seen)[-1][0] == "agent")
    seen = talk.settle(talk.send(tab, "stop"))
    words.go.set()
    assert seen["notice"].startswith("Stopped.")
    assert seen["tone"] == "review"
    assert said(seen)[0] == ("producer", "Tell me all")


def test_a_turn_whose_process_died_is_said_to_be_cut_off(talk: Conversing) -> None:
    talk.hear(None, "Hello", "Here.")
    line = talk.room.run(talk.conversations.open(None))
    records = talk.room.studio.records
    talk.room.run(
        records.call(
            "studio_conversation_begin_v1",
            conversation=line.id,
            claim=uuid4(),
            based_on=line.revision,
            ttl_s=1e-3,
        )
    )
    tab = talk.open()
    seen = until(tab, lambda seen: bool(seen.get("notice")))
    assert seen["notice"] == "The answer was cut off. Say “go on”."


def test_an_answer_in_another_process_is_watched_not_written_into(talk: Conversing) -> None:
    tab = talk.hear(None, "Hello", "Here.")
    line = talk.room.run(talk.conversations.open(None))
    talk.room.run(talk.conversations.begin(line, uuid4()))
    seen = view(calm(tab.run()))
    assert (seen["busy"], seen["doing"]) == ("elsewhere", "The agent is answering in another tab.")
    assert said(seen)[-1] == ("agent", "Here.")
    seen = until(talk.say(tab, "Me too"), lambda seen: bool(seen.get("notice")))
    assert "answering in this conversation already" in seen["notice"]


def test_a_conversation_that_went_on_elsewhere_gives_the_words_back(talk: Conversing) -> None:
    tab = talk.hear(None, "Hello", "Here.")
    old = view(tab)["revision"]
    talk.model.will("Also here.")
    talk.settle(talk.say(talk.open(), "From another tab"))
    seen = talk.settle(talk.send(tab, "say", text="Mine", based_on=old))
    assert "went on in another tab" in seen["notice"]
    assert seen["returned"]["text"] == "Mine"
    assert said(seen)[-1] == ("agent", "Also here.")
    seen = talk.settle(talk.say(tab, "Mine"))
    assert said(seen)[-1] == ("agent", "That is all.")
    assert "returned" not in seen


def test_conversations_are_begun_and_opened_again(talk: Conversing) -> None:
    session = talk.room.write()
    tab = talk.hear(session, "First", "One.")
    first = view(tab)["conversation"]
    tab.button(key="new").click().run()
    assert view(calm(tab))["conversation"] != first
    assert view(tab)["examples"]
    rows = part(tab, "conversations")["cards"][1]["rows"]
    assert [row["id"] for row in rows][1] == first
    tab = talk.send(tab, "clicked", "conversations", card="conversations", row=first)
    assert said(view(tab))[0] == ("producer", "First")
    assert tab.query_params["conversation"] == first
    elsewhere = talk.open(None, conversation=first)
    assert "lines" not in view(elsewhere)


def test_a_beat_is_opened_on_the_board(talk: Conversing) -> None:
    session = talk.room.write()
    tab = talk.hear(session, "Look", [("read_beat", {"session": "", "beat": "02_reply"})], "Read.")
    (way,) = deeds(view(tab))[0]["ways"]
    tab = talk.send(tab, "open", place=way["place"], session=way["session"])
    assert part(tab, "board")["session"] == str(session)


def model_dialog_alone() -> None:
    """The dialog as a page of its own: AppTest runs whole scripts, and a dialog is open for one run."""
    from viraltracker.ui.model_dialog import model_dialog

    model_dialog()


def test_the_model_is_set_in_its_dialog(talk: Conversing) -> None:
    tab = AppTest.from_function(model_dialog_alone, default_timeout=60).run()
    tab.text_input(key="agent-model").set_value("stand-in")
    tab.text_input(key="agent-base-url").set_value("http://example.org/v1")
    tab.button(key="agent-save").click().run()
    assert "https" in calm(tab).error[0].value
    assert view(talk.open())["setup"]
    tab.text_input(key="agent-base-url").set_value(talk.model.url)
    tab.button(key="agent-save").click().run()
    assert not calm(tab).error
    opened = talk.open()
    assert "setup" not in view(opened)
    assert any("no session · stand-in" in node.proto.body for node in opened.get("html"))
    assert "VIRALTRACKER_AGENT_API_KEY" in tab.caption[0].value


def test_a_model_of_the_environment_is_only_shown(talk: Conversing) -> None:
    studio = talk.room.studio
    studio.settings = studio.settings.model_copy(update={"agent_model": "openai:gpt-5"})
    tab = AppTest.from_function(model_dialog_alone, default_timeout=60).run()
    assert calm(tab).text_input(key="agent-model").disabled
    assert tab.text_input(key="agent-model").value == "openai:gpt-5"
    assert "VIRALTRACKER_AGENT_MODEL" in tab.info[0].value
    assert not tab.button


def test_hostile_words_stay_words(talk: Conversing) -> None:
    session = talk.room.write(BEATS.format(title=EVIL, closed="closed"))
    tab = talk.hear(
        session,
        EVIL,
        [
            ("get_production_session", {"session": ""}),
            ("x{beats.__class__}" + EVIL, {"beat": EVIL, "beats": [EVIL, 7], "session": EVIL}),
            ("select_take", {"session": "", "beat": EVIL, "take": 10**30}),
            ("delete_session", {"session": ""}),
        ],
        EVIL,
    )
    seen = view(tab)
    assert said(seen)[0] == ("producer", EVIL)
    assert any(deed["words"] == f"Looked at {EVIL}" for deed in deeds(seen))
    pages = [node.proto.body for node in tab.get("html")]
    assert not any("<img" in page for page in pages)


def test_two_turns_of_one_conversation_never_run_at_once(talk: Conversing) -> None:
    talk.set_model()
    words = Held("One ", "two.")
    talk.model.will(words)
    tab = talk.say(talk.open(), "Count")
    assert words.reached.wait(30)
    kept = talk.room.run(talk.conversations.read(UUID(view(tab)["conversation"])))
    with pytest.raises(Conflict):
        talk.room.run(talk.conversations.begin(kept.line, uuid4()))
    other = talk.open()
    talk.say(other, "Me too")
    words.go.set()
    seen = talk.settle(other)
    assert seen["returned"]["text"] == "Me too"
    assert len(talk.model.asked) == 1
