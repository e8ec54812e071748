from tests.model.steps import calls
from tests.pages.conftest import calm, part, press
from tests.pages.conversing import Conversing, asks, deeds, said, until, view
from viraltracker.agent.approvals import Question
from viraltracker.agent.bench import Bench
from viraltracker.agent.proposals import Draft, propose


def test_a_yes_makes_takes_that_are_heard_in_the_conversation(talk: Conversing) -> None:
    session = talk.room.write()
    tab = talk.hear(
        session, "Make the first", calls(generate_beat_audio={"session": "", "beats": ["01_open"]}), "Made."
    )
    (ask,) = asks(view(tab))
    assert ask["title"] == 'Make takes of beat 01_open of "The Fog Ledger"'
    assert (ask["cost"], ask["yes"], ask["no"]) == ("free", "Yes, it's free", "No")
    assert ask["facts"] == ["22 characters"]
    assert talk.room.desk(session).session.beats[0].takes == ()
    tab = talk.send(tab, "answer", approval=ask["id"], call=ask["call"], yes=True)
    until(tab, lambda seen: bool(talk.room.desk(session).session.beats[0].takes))
    until(tab, lambda seen: deeds(seen)[0]["state"] == "working")
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
    tab = talk.hear(session, "Delete it", calls(delete_session={"session": ""}), "Then not.")
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
        calls(
            edit_beat={"session": "", "beat": "01_open", "block": block},
            delete_session={"session": ""},
        ),
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


def test_two_answers_that_come_with_one_run_both_count(talk: Conversing) -> None:
    session = talk.room.write()
    block = "[BEAT: 01_open]\nname: Fog Rolls In\n---\nThe harbour is open.\n[END_BEAT]\n"
    step = calls(edit_beat={"session": "", "beat": "01_open", "block": block}, delete_session={"session": ""})
    tab = talk.hear(session, "Open the harbour and start over", step, "Changed, not deleted.")
    change, delete = asks(view(tab))
    press(
        tab,
        "chat",
        {"kind": "answer", "approval": change["id"], "call": change["call"], "yes": True},
        {"kind": "answer", "approval": delete["id"], "call": delete["call"], "yes": False},
    )
    assert [deed["state"] for deed in deeds(talk.settle(tab))] == ["done", "denied"]


def test_what_was_answered_elsewhere_only_has_to_go_on(talk: Conversing) -> None:
    session = talk.room.write()
    tab = talk.hear(session, "Delete it", calls(delete_session={"session": ""}), "Gone.")
    (asked,) = talk.room.run(talk.approvals.listed())
    talk.room.run(talk.approvals.decide(asked.id, True))
    seen = view(calm(tab.run()))
    assert asks(seen)[0]["answer"] == "yes"
    assert seen["go_on"] == "Go on"
    seen = talk.settle(talk.send(tab, "go_on"))
    assert deeds(seen)[0]["state"] == "done"


def test_a_lapsed_question_can_be_asked_again(talk: Conversing) -> None:
    session = talk.room.write()
    tab = talk.hear(session, "Delete it", calls(delete_session={"session": ""}), "Gone.")
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
    assert talk.model.received == []


def test_a_script_that_the_agent_wrote_is_saved_by_a_yes_at_the_side(talk: Conversing) -> None:
    session = talk.room.write()
    els = talk.room.run(talk.room.studio.sessions.script(session)).els
    talk.set_model()
    here = talk.room.run(talk.conversations.open(session)).id
    bench = Bench(talk.room.studio, conversation=here, session=session)
    draft = Draft(els.replace("is closed", "is shut tight"), session, 1, els)
    talk.room.run(propose(bench, draft, "A stronger opening"))
    tab = talk.open(session)
    (ask,) = part(tab, "questions")["asks"]
    assert "+The harbour is shut tight." in ask["diff"]
    assert talk.room.run(talk.room.studio.sessions.script(session)).number == 1
    talk.send(tab, "answer", part_name="questions", approval=ask["id"], call="", yes=True)
    saved = talk.room.run(talk.room.studio.sessions.script(session))
    assert (saved.number, saved.els) == (2, draft.els)
