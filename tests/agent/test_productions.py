"""Productions by the agent: through a provider that charges, and with a model that calls every tool."""

import json

import pytest
from pydantic_ai.models.test import TestModel

from tests.agent.conftest import Stage, answers, call, following, speak_with
from tests.fog import HOOKED
from tests.speech.elevenlabs_server import SEEDED_VOICE, ElevenLabsServer
from viraltracker.agent.toolset import TOOLS
from viraltracker.agent.transcript import Call, transcript
from viraltracker.speech.elevenlabs import ElevenLabsEngine

KEY = "sk_test_0123456789abcdef"


async def test_a_paid_provider_is_asked_for_what_was_agreed_to_and_paid_once(stage: Stage) -> None:
    with ElevenLabsServer(key=KEY) as provider:
        engine = ElevenLabsEngine(provider.key, base_url=provider.base_url)
        stage.studio.engines["elevenlabs"] = engine  # type: ignore[index]
        await speak_with(stage.studio, "elevenlabs", {SEEDED_VOICE: 0.0})
        session = await stage.session()
        model = following(
            [call("generate_missing_or_stale", session="")],
            [call("generate_beat_audio", session="", beats=["03_hook"], takes_each=2)],
            lambda messages: f"That was ${sum(each['usd'] for each in answers(messages)):.4f}.",
        )
        kept = await stage.say(model, "Make it, and two more of the hook", session=session.id)
        assert provider.made == []
        (asked,) = await stage.approvals.listed(kept.line.id)
        kept = await stage.answer(model, kept, session=session.id)
        made = await stage.studio.sessions.get(session.id)
        assert made.spent_usd == pytest.approx(asked.question.usd)
        kept = await stage.answer(model, kept, session=session.id)
        made = await stage.studio.sessions.get(session.id)
        await engine.aclose()
    takes = [take for beat in made.beats for take in beat.takes]
    assert [take.status for take in takes] == ["done"] * 5
    assert len(provider.made) == sum(take.parts for take in takes)
    said = json.dumps([line.answer for line in transcript(kept.history) if isinstance(line, Call)])
    assert "made" in said
    assert KEY not in said


async def test_a_model_that_calls_every_tool_gets_answers_and_nothing_done(stage: Stage) -> None:
    session = await stage.session()
    kept = await stage.say(TestModel(), "Do everything", session=session.id)
    called = {line.tool: line for line in transcript(kept.history) if isinstance(line, Call)}
    assert called.keys() == {tool.name for tool in TOOLS}
    waiting = {each.tool_name for each in kept.pending.approvals} if kept.pending else set()
    assert {name for name, line in called.items() if line.outcome == "waits"} == waiting
    assert waiting <= {tool.name for tool in TOOLS if tool.effect in {"spends", "destroys", "writes"}}
    now = await stage.studio.sessions.get(session.id)
    assert (now.script_number, now.deleted_at) == (1, None)
    assert stage.tone.calls == 0
    assert (await stage.studio.sessions.script(session.id)).els == HOOKED
