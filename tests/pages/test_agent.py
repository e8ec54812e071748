from uuid import UUID, uuid4

import pytest

from tests.model.steps import Held, calls, fault
from tests.model.wire import usage
from tests.pages.conftest import BEATS, calm, part
from tests.pages.conversing import Conversing, deeds, said, until, view
from viraltracker.errors import Conflict

EVIL = '<img src=x onerror="alert(1)">$(touch x)`[1](javascript:0)'


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
    question = "How is the harbour, " + "and the fog, " * 200 + "and the gull?"
    tab = talk.say(talk.open(), question)
    assert words.reached.wait(30)
    seen = until(tab, lambda seen: said(seen)[-1][0] == "agent")
    assert said(seen) == [("producer", question), ("agent", "The harbour")]
    assert seen["busy"] == "here"
    words.go.set()
    seen = talk.settle(tab)
    assert said(seen)[-1] == ("agent", "The harbour is closed.")
    assert view(talk.open())["lines"] == seen["lines"]
    facts = {
        row["cells"][0]["text"]: row["cells"][1]["text"]
        for row in part(tab, "conversations")["cards"][0]["rows"]
    }
    tokens = usage(talk.model.received[0].body, said=2)
    assert tokens["prompt_tokens"] > 1000, "thousands have their comma"
    assert facts == {"Requests": "1", "Tokens in": f"{tokens['prompt_tokens']:,}", "Tokens out": "2"}


def test_a_tool_is_one_line_in_a_producers_words(talk: Conversing) -> None:
    session = talk.room.write()
    tab = talk.hear(
        session,
        "How is it?",
        calls(
            get_production_session={"session": ""},
            select_take={"session": "", "beat": "01_open", "take": 7},
        ),
        "Two beats.",
    )
    looked, picked = deeds(view(tab))
    assert (looked["state"], looked["words"]) == ("done", "Looked at The Fog Ledger")
    assert '"title": "The Fog Ledger"' in looked["detail"]
    assert (picked["state"], picked["words"]) == ("failed", "Couldn't pick a take of 01_open")
    assert picked["why"] == "Beat 01_open has no take 7. Its takes: none."
    assert picked["ways"][0]["beat"] == str(talk.room.desk(session).session.beats[0].id)


def test_a_model_that_fails_is_told_and_the_conversation_goes_on(talk: Conversing) -> None:
    tab = talk.hear(None, "Hello?", fault("unauthorized"))
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
    tab = talk.hear(session, "Look", calls(read_beat={"session": "", "beat": "02_reply"}), "Read.")
    (way,) = deeds(view(tab))[0]["ways"]
    tab = talk.send(tab, "open", place=way["place"], session=way["session"])
    assert part(tab, "board")["session"] == str(session)


def test_hostile_words_stay_words(talk: Conversing) -> None:
    session = talk.room.write(BEATS.format(title=EVIL, closed="closed"))
    tab = talk.hear(
        session,
        EVIL,
        calls(
            get_production_session={"session": ""},
            **{"x{beats.__class__}" + EVIL: {"beat": EVIL, "beats": [EVIL, 7], "session": EVIL}},
            select_take={"session": "", "beat": EVIL, "take": 10**30},
            delete_session={"session": ""},
        ),
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
    assert len(talk.model.received) == 1
