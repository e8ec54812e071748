from dataclasses import replace

from pydantic_ai.usage import RunUsage

from tests.agent.conftest import Stage, call, following
from viraltracker.agent.events import Failed
from viraltracker.agent.transcript import Spoken, transcript
from viraltracker.agent.turn import CALLS_MAX, REQUESTS_MAX


async def test_a_loop_is_stopped_and_said(stage: Stage) -> None:
    kept = await stage.say(following(*[[call("job_status")]] * (REQUESTS_MAX + 1)), "Watch it")
    assert any(isinstance(event, Failed) and "too many steps" in event.message for event in stage.told)
    assert kept.usage.requests == REQUESTS_MAX


async def test_a_long_conversation_is_no_loop(stage: Stage) -> None:
    kept = await stage.say(following("Hi."), "Hello")
    kept = replace(kept, usage=RunUsage(requests=REQUESTS_MAX, tool_calls=CALLS_MAX))
    kept = await stage.say(following([call("job_status")], "Still here."), "And now?", kept=kept)
    last = transcript(kept.history)[-1]
    assert isinstance(last, Spoken)
    assert last.text.strip() == "Still here."
    assert kept.usage.requests == REQUESTS_MAX + 2
