"""What the Agent page shows, in words: pure functions, without a page, a database or a model."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from tests.ui.demo.sample import ident
from viraltracker.agent.approvals import Approval, Kind, Question, Status
from viraltracker.agent.events import Began, Ended, Event, Failed, Progress, Said
from viraltracker.agent.toolset import TOOLS
from viraltracker.agent.transcript import Call, Spoken
from viraltracker.ui.components.chat import Answered, Say, chat_events_of
from viraltracker.ui.live import Live, heard
from viraltracker.ui.show.deed_words import DEED_WORDS
from viraltracker.ui.show.deeds import Links, deed_of
from viraltracker.ui.show.facts import Facts
from viraltracker.ui.show.mentions import Found, Mention, mentions_of
from viraltracker.ui.show.questions import ask_of
from viraltracker.ui.views.chat import Deed, DeedState

BESIDE = ident("session")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TAKE = {"beat": "03_hook", "take": 2, "status": "done"}


def after(live: Live, *events: Event) -> Live:
    for event in events:
        live = heard(live, event)
    return live


def shown(call: Call, state: DeedState = "done", found: dict[Mention, Found] | None = None) -> Deed:
    links = Links(found or {}, lambda sha256: f"/audio/{sha256}", lambda thing: f"/download/{thing}")
    return deed_of(call, state, BESIDE, links)


def call(tool: str, answer: Any = None, **arguments: Any) -> Call:
    return Call("c", tool, arguments, "done", answer)


def test_a_turn_grows_line_by_line() -> None:
    live = after(
        Live((Spoken("producer", "Go"),)),
        Said("Let me "),
        Said("look."),
        Began("1", "list_sessions", {}),
        Progress("half"),
    )
    assert live.lines == (
        Spoken("producer", "Go"),
        Spoken("agent", "Let me look."),
        Call("1", "list_sessions", {}),
    )
    assert (live.working, live.progress) == (frozenset({"1"}), "half")
    live = after(live, Ended("1", "list_sessions", True, {"sessions": []}), Said("None."))
    assert live.lines[2:] == (
        Call("1", "list_sessions", {}, "done", {"sessions": []}),
        Spoken("agent", "None."),
    )
    assert (live.working, live.progress) == (frozenset(), "")


def test_a_call_that_waited_for_a_yes_goes_on_in_its_place() -> None:
    before = Live((Call("1", "delete_session", {}), Spoken("agent", "Well?")), denied=frozenset({"1"}))
    live = after(before, Began("1", "delete_session", {}), Ended("1", "delete_session", False, "No."))
    assert live.lines == (Call("1", "delete_session", {}, "denied", "No."), Spoken("agent", "Well?"))


def test_a_failure_ends_what_was_at_work() -> None:
    live = after(Live(()), Began("1", "job_status", {}), Failed("It broke."))
    assert (live.failure, live.working) == ("It broke.", frozenset())


def test_every_tool_has_its_words() -> None:
    assert {tool.name for tool in TOOLS} - DEED_WORDS.keys() == set()


@pytest.mark.parametrize("tool", sorted({*DEED_WORDS, "no_such_tool", "{beats.__class__}"}))
@pytest.mark.parametrize(
    "answer", [None, "?", [], {}, {"made": [7], "usd": float("nan"), "export": 1}, {"done": "\ud800"}]
)
def test_no_answer_is_too_odd_to_be_shown(tool: str, answer: Any) -> None:
    for state in ("working", "waits", "done", "failed", "denied", "interrupted"):
        deed = shown(call(tool, answer, beat=7, beats={"a": 1}, session="?"), state)  # type: ignore[arg-type]
        assert deed.words
        assert "{do}" not in deed.words


@pytest.mark.parametrize(
    ("tool", "arguments", "answer", "words"),
    [
        ("validate_els_script", {}, {"errors": 1, "warnings": 2}, "Checked a script: 1 error and 2 warnings"),
        ("validate_els_script", {}, {"errors": 0}, "Checked a script: nothing to mend"),
        ("parse_els_script", {}, {"beats": ["a"], "duration_ms": 61_000}, "Read a script of 1 beat · 1:01"),
        ("list_sessions", {}, {"sessions": [{}, {}], "more": True}, "Looked through 2 sessions and more"),
        ("select_take", {"beat": "a"}, {"done": "Take 2 of a is picked."}, "Take 2 of a is picked"),
        ("estimate_cost", {}, {"beats": 3, "usd": 0.12, "exact": False}, "Estimated 3 beats: about $0.12"),
        ("compare_takes", {"beat": "a"}, {"takes": [TAKE, TAKE]}, "Compared 2 takes of a"),
        ("job_status", {}, {"under_way": 2}, "Looked at the work: 2 jobs under way"),
        ("get_voice_profile", {"character": "fed"}, {}, "Looked at fed's voice"),
        (
            "generate_beat_audio",
            {"beats": ["a", "b"]},
            {"made": [{"beat": "a"}, {"beat": "b"}], "under_way": 1, "usd": 0.004},
            "Made 2 takes of 2 beats · 1 take still under way · ~$0.01",
        ),
        ("generate_missing_or_stale", {}, {"made": []}, "There was nothing to make"),
        (
            "export_episode",
            {},
            {"filename": "fog.mp3", "status": "done", "duration_ms": 61_000, "integrated_lufs": -19.04},
            "Exported fog.mp3 · 1:01 · -19.0 LUFS",
        ),
        (
            "export_episode",
            {},
            {"filename": "fog.mp3", "status": "queued"},
            "fog.mp3: the export is still under way",
        ),
        (
            "complete_audio_workflow",
            {},
            {"takes": 3, "usd": 0.5, "missing": [{}]},
            "Made 3 takes · $0.50 · 1 beat missing, not exported",
        ),
    ],
)
def test_what_a_tool_did_is_said_in_a_producers_words(
    tool: str, arguments: dict[str, Any], answer: Any, words: str
) -> None:
    assert shown(call(tool, answer, **arguments)).words == words


def test_reasons_stand_below_the_line() -> None:
    answer = {
        "failed": [{"beat": f"b{n}", "problem": "No key."} for n in range(7)],
        "left_out": {"x": "locked"},
    }
    deed = shown(call("generate_beat_audio", answer))
    assert (deed.state, deed.words) == ("failed", "7 takes failed · 1 beat left out")
    partly = shown(call("generate_beat_audio", answer | {"made": [TAKE]}))
    assert partly.state == "done"
    assert partly.why.splitlines()[0] == "b0: No key."
    assert partly.why.splitlines()[-1] == "and 3 more"
    told = '{"error": "ScriptRefused", "message": "Two errors.", "findings": ["line 1: a", "line 2: b"]}'
    assert shown(call("edit_beat", told), "failed").why == "Two errors.\nline 1: a\nline 2: b"
    assert shown(call("edit_beat", "plain words"), "failed").why == "plain words"


def test_a_line_names_the_session_it_was_about_only_where_that_is_sure() -> None:
    other = ident("other")
    assert mentions_of(call("read_beat", beat="a"), BESIDE) == (Mention(BESIDE, "a"),)
    assert mentions_of(call("read_beat", beat="a", session=str(other)), BESIDE) == (Mention(other, "a"),)
    assert mentions_of(call("read_beat", beat="a", session="Some title"), BESIDE) == ()
    made = call("generate_beat_audio", {"session_id": str(other), "made": [TAKE]}, session="Some title")
    assert mentions_of(made, BESIDE) == (Mention(other, "03_hook", 2),)
    assert mentions_of(call("read_beat", beat="a"), None) == ()


def test_ways_lead_to_beats_that_are_there() -> None:
    found = {Mention(BESIDE, "a"): Found(ident("a")), Mention(BESIDE, "b"): Found(ident("b"))}
    both = shown(call("generate_beat_audio", {}, beats=["a", "b", "gone"]), "failed", found)
    assert [(way.label, way.beat) for way in both.ways] == [("a", ident("a")), ("b", ident("b"))]
    assert shown(call("read_beat", {}, beat="a"), found=found).ways[0].label == "Open beat"
    new = shown(call("create_production_session", {"session_id": str(ident("new")), "done": "Made."}))
    assert [(way.place, way.session) for way in new.ways] == [("takes", ident("new"))]
    deleted = shown(call("delete_session", {"session_id": str(ident("new")), "done": "Gone."}))
    assert deleted.ways == ()


def test_an_export_leads_to_its_page_and_its_file() -> None:
    answer = {"id": str(ident("x")), "filename": "fog.mp3", "status": "done"}
    deed = shown(call("export_episode", answer, session=""))
    assert deed.ways[0].place == "episode"
    assert deed.file is not None
    assert (deed.file.label, deed.file.href) == ("Get fog.mp3", f"/download/{ident('x')}")
    failed = shown(call("export_episode", answer | {"status": "failed", "problem": "Disk full."}))
    assert failed.file is None
    assert failed.state == "failed"


def asked(kind: Kind = "spend", status: Status = "asked", **facts: Any) -> Approval:
    question = Question(kind, "Do it", **facts)
    return Approval(UUID(int=1), "tool", {}, question, question.usd, status, NOW, NOW)


@pytest.mark.parametrize(
    ("kind", "facts", "cost", "yes", "no"),
    [
        ("spend", {"usd": 0.12}, "$0.12", "Yes, $0.12", "No"),
        ("spend", {"usd": 0.12, "exact": False}, "about $0.12", "Yes, about $0.12", "No"),
        ("spend", {"usd": 0.0001}, "about $0.01", "Yes, about $0.01", "No"),
        ("spend", {}, "free", "Yes, it's free", "No"),
        ("destroy", {}, "", "Yes, delete", "No, keep it"),
        ("write", {}, "", "Yes, save this", "No, leave it"),
    ],
)
def test_a_question_says_what_a_yes_means(
    kind: Kind, facts: dict[str, Any], cost: str, yes: str, no: str
) -> None:
    ask = ask_of(asked(kind, **facts))
    assert (ask.cost, ask.yes, ask.no) == (cost, yes, no)


def test_a_question_knows_how_it_was_answered() -> None:
    assert [ask_of(asked(status=status)).answer for status in ("asked", "granted", "refused")] == [
        "",
        "yes",
        "no",
    ]
    assert ask_of(asked(), said=False).answer == "no"
    for status in ("expired", "used", "withdrawn"):
        ask = ask_of(asked(status=status))
        assert (ask.yes, ask.no, ask.answer) == ("Ask again", "Leave it", "")
        assert ask.lapsed


def test_a_long_question_is_cut_and_says_so() -> None:
    ask = ask_of(asked("write", beats=tuple(f"b{n}" for n in range(20)), diff=("+a",) * 500, characters=1))
    assert ask.facts == ("b0, b1, b2, b3, b4, b5, b6, b7 and 12 more", "1 character")
    assert len(ask.diff) == 401
    assert ask.diff[-1].endswith("and 100 lines more")


def test_facts_are_read_without_trust() -> None:
    facts = Facts({"n": 1e300, "b": True, "s": 5, "l": ["a", 5], "m": {"x": 1}, "i": "no-id"})
    assert (facts.number("n"), facts.number("b"), facts.text("s"), facts.texts("l")) == (0.0, 0.0, "", ("a",))
    assert (facts.rows("m"), facts.id("i"), facts.pairs("m"), bool(facts.under("s"))) == (
        (),
        None,
        (("x", "1"),),
        False,
    )


def test_events_are_typed() -> None:
    one = ident("1")
    assert chat_events_of(
        [
            {"n": 1, "kind": "say", "text": "Hm", "based_on": 3},
            {"n": 2, "kind": "refresh"},
            {"n": 3, "kind": "answer", "approval": str(one), "yes": True},
        ]
    ) == (Say(text="Hm", based_on=3), Answered(approval=one, yes=True))


@pytest.mark.parametrize(
    "letter",
    [
        {},
        {"kind": "explode"},
        {"kind": "say", "text": "Hm"},
        {"kind": "say", "text": "x" * 1_000_001, "based_on": 1},
        {"kind": "answer", "approval": "../x", "yes": True},
        {"kind": "open", "place": "voices/../x", "session": str(ident("1"))},
    ],
)
def test_what_a_conversation_never_sends_is_refused(letter: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        chat_events_of([letter])
