"""A turn from words to deeds: what is said, asked, answered, stopped, and what is kept of it."""

from dataclasses import replace
from uuid import UUID

import anyio
import pytest
from pydantic_ai import models
from pydantic_ai.usage import RunUsage

from tests.agent.conftest import Stage, answers, call, following
from viraltracker.agent.events import Asked, Began, Ended, Failed, Said
from viraltracker.agent.transcript import Call, Spoken, transcript
from viraltracker.agent.turn import CALLS_MAX, REQUESTS_MAX, Turn, take_turn
from viraltracker.errors import BadInput, Conflict


async def test_words_are_streamed_and_kept(stage: Stage) -> None:
    kept = await stage.say(following("The harbour is closed."), "What is up?")
    assert (
        "".join(each.text for each in stage.told if isinstance(each, Said)).strip()
        == "The harbour is closed."
    )
    assert [type(line).__name__ for line in transcript(kept.history)] == ["Spoken", "Spoken"]
    again = await stage.conversations.read(kept.line.id)
    assert transcript(again.history) == transcript(kept.history)
    assert kept.usage.requests == 1
    assert not kept.line.busy


async def test_a_tool_is_called_and_its_answer_reaches_the_model(stage: Stage) -> None:
    session = await stage.session()

    def tells(messages: object) -> str:
        (view,) = answers(messages)  # type: ignore[arg-type]
        return f"{view['session']['title']} has {view['session']['beats']} beats."

    model = following([call("get_production_session", session="")], tells)
    kept = await stage.say(model, "How many beats?", session=session.id)
    lines = transcript(kept.history)
    assert isinstance(lines[1], Call)
    assert (lines[1].tool, lines[1].outcome) == ("get_production_session", "done")
    assert isinstance(lines[2], Spoken)
    assert lines[2].text.strip() == "Fog has 3 beats."
    assert [type(each) for each in stage.told if not isinstance(each, Said)] == [Began, Ended]


async def test_spending_waits_for_a_yes_and_does_just_that(stage: Stage) -> None:
    session = await stage.session()
    model = following([call("generate_beat_audio", session="", beats=["03_hook"], takes_each=3)], "Done.")
    kept = await stage.say(model, "Three takes of the hook", session=session.id)
    assert stage.tone.calls == 0
    assert isinstance(stage.told[-1], Asked)
    (asked,) = await stage.approvals.listed(kept.line.id)
    assert asked.question.beats == ("03_hook",)
    assert asked.question.usd == pytest.approx(3 * len("And then the light went out.") * 0.10 / 1000)
    kept = await stage.answer(model, kept, session=session.id)
    made = (await stage.studio.sessions.get(session.id)).beat("03_hook")
    assert made is not None
    assert [take.status for take in made.takes] == ["done"] * 3
    assert {take.batch for take in made.takes} == {asked.id}
    assert kept.pending is None
    assert await stage.approvals.listed(kept.line.id) == ()


async def test_a_no_makes_nothing_and_is_told(stage: Stage) -> None:
    session = await stage.session()
    model = following([call("generate_missing_or_stale", session="")], "Then not.")
    kept = await stage.say(model, "Make it", session=session.id)
    kept = await stage.answer(model, kept, granted=False, session=session.id)
    assert stage.tone.calls == 0
    lines = transcript(kept.history)
    assert isinstance(lines[1], Call)
    assert lines[1].outcome == "denied"


async def test_saying_something_else_is_a_no(stage: Stage) -> None:
    session = await stage.session()
    model = following([call("delete_session", session="")], "Fine.")
    kept = await stage.say(model, "Delete it", session=session.id)
    kept = await stage.say(model, "No, wait", kept=kept, session=session.id)
    assert kept.pending is None
    assert (await stage.studio.sessions.get(session.id)).deleted_at is None


async def test_two_tabs_do_not_write_into_each_other(stage: Stage) -> None:
    line = await stage.conversations.open(None)
    before = await stage.conversations.read(line.id)
    await stage.say(following("One."), "First tab", kept=before)
    with pytest.raises(Conflict):
        await stage.say(following("Two."), "Second tab", kept=before)
    kept = await stage.conversations.read(line.id)
    assert [line.text.strip() for line in transcript(kept.history) if isinstance(line, Spoken)] == [
        "First tab",
        "One.",
    ]


async def test_a_turn_under_way_is_nobody_elses(stage: Stage) -> None:
    line = await stage.conversations.open(None)
    await stage.conversations.begin(line, UUID(int=1))
    with pytest.raises(Conflict):
        await stage.say(following("Two."), "Me too", kept=await stage.conversations.read(line.id))


async def test_a_stop_from_elsewhere_ends_the_turn_and_keeps_what_was_said(stage: Stage) -> None:
    session = await stage.session()
    wait = anyio.Event()

    def hangs(messages: object) -> str:
        wait.set()
        return "Never heard."

    model = following(
        [call("list_sessions")], [call("generate_missing_or_stale", session="", wait_s=600)], hangs
    )
    kept = await stage.say(model, "Go", session=session.id)
    assert kept.pending is not None
    assert not await stage.conversations.stop(kept.line.id)


async def test_what_a_model_does_wrong_is_said_and_the_conversation_goes_on(stage: Stage) -> None:
    kept = await stage.say(
        following(
            [call("no_such_tool")], [call("no_such_tool")], [call("no_such_tool")], [call("no_such_tool")]
        ),
        "Hm",
    )
    assert any(isinstance(each, Failed) for each in stage.told)
    kept = await stage.say(following("Sorry."), "Again", kept=kept)
    assert isinstance(transcript(kept.history)[-1], Spoken)


async def test_a_long_conversation_still_has_whole_turns(stage: Stage) -> None:
    kept = await stage.conversations.read((await stage.conversations.open(None)).id)
    long = replace(kept, usage=RunUsage(requests=REQUESTS_MAX, tool_calls=CALLS_MAX))
    kept = await stage.say(following([call("list_sessions")], "None."), "And now?", kept=long)
    assert not [each for each in stage.told if isinstance(each, Failed)]
    assert kept.usage.requests == REQUESTS_MAX + 2


async def test_a_turn_that_goes_on_and_on_is_ended(stage: Stage) -> None:
    kept = await stage.conversations.read((await stage.conversations.open(None)).id)
    model = following(*[[call("job_status")]] * (REQUESTS_MAX + 1))
    await stage.say(model, "Go", kept=replace(kept, usage=RunUsage(requests=7)))
    (failed,) = [each for each in stage.told if isinstance(each, Failed)]
    assert "too many steps" in failed.message


async def test_characters_that_no_database_holds_do_not_break_a_turn(stage: Stage) -> None:
    kept = await stage.say(following("Half \ud83d and none \x00."), "What \ud800 is \x00 up?")
    said = [line.text.strip() for line in transcript(kept.history) if isinstance(line, Spoken)]
    assert said == ["What \ufffd is \ufffd up?", "Half \ufffd and none \ufffd."]


async def test_nothing_is_not_a_prompt(stage: Stage) -> None:
    kept = await stage.conversations.read((await stage.conversations.open(None)).id)
    with pytest.raises(BadInput):
        await take_turn(stage.bench(), following("?"), Turn(kept, "  "), stage.told.append)


def test_no_request_leaves_in_tests() -> None:
    assert models.ALLOW_MODEL_REQUESTS is False
