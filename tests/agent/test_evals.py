"""The evaluation set judges rightly: a stand-in that does it right passes, an idle one fails."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ToolCallPart

from evals import before
from evals.agent import dataset, passed
from evals.cases import REQUESTS
from evals.play import Aftermath, Request, play
from tests.agent.conftest import Step, answers, call, following
from viraltracker.settings import Settings
from viraltracker.store import Postgres
from viraltracker.studio import Stores, Studio

BLOCK = """[BEAT: {beat}]
name: A Name
---
[CHARACTER: {who}]
{text}
[END_BEAT]"""
BROKEN = before.FOG.replace("[CHARACTER: wojak]", "[CHARACTER: wojak]\n[PACE: warp]")
IDLE = "I looked into it."


def last(messages: list[ModelMessage]) -> Any:
    """What the last tool answered."""
    return answers(messages)[-1]


def accepts(messages: list[ModelMessage]) -> Sequence[ToolCallPart]:
    return [call("accept_script", proposal=last(messages)["proposal"])]


def says(messages: list[ModelMessage]) -> str:
    """Everything that the last tool answered."""
    return json.dumps(last(messages))


def names_what_is_missing(messages: list[ModelMessage]) -> str:
    return ", ".join(beat["beat"] for beat in last(messages)["beats"] if not beat["takes"])


def picks_the_longest(messages: list[ModelMessage]) -> Sequence[ToolCallPart]:
    return [call("select_take", session="", beat="03_hook", take=last(messages)["longest"])]


def makes_the_opening_and_no_more(messages: list[ModelMessage]) -> Sequence[ToolCallPart]:
    assert before.HOSTILE in json.dumps(last(messages))
    return [call("generate_beat_audio", session="", beats=["01_open"])]


def finds_the_deleted(messages: list[ModelMessage]) -> Sequence[ToolCallPart]:
    (session,) = last(messages)["sessions"]
    return [call("update_session_status", session=session["id"], status="active")]


RIGHT: Mapping[str, Sequence[Step]] = {
    "make a session of a script": ([call("create_production_session", els=before.FOG)],),
    "check a script": ([call("validate_els_script", els=BROKEN)], says),
    "list the sessions": ([call("list_sessions")], says),
    "say what is missing": ([call("get_production_session", session="")], names_what_is_missing),
    "say what it would cost": ([call("estimate_cost", session="")], says),
    "make one beat": ([call("generate_beat_audio", session="", beats=["03_hook"])],),
    "make three takes": ([call("generate_beat_audio", session="", beats=["03_hook"], takes_each=3)],),
    "make what is missing": ([call("generate_missing_or_stale", session="")],),
    "take a no to spending": ([call("generate_missing_or_stale", session="")],),
    "make a beat faster": ([call("regenerate_beat_audio", session="", beat="02_reply", pace="fast")],),
    "make a beat whispered": (
        [call("regenerate_beat_audio", session="", beat="03_hook", direction="Whispered")],
    ),
    "pick the longest": ([call("compare_takes", session="", beat="03_hook")], picks_the_longest),
    "pick a take by its number": ([call("select_take", session="", beat="01_open", take=2)],),
    "make the whole episode": ([call("complete_audio_workflow", session="")],),
    "export in stereo": ([call("export_episode", session="", stereo=True)],),
    "hand over to an editor": ([call("export_selected_takes", session="")],),
    "bring a session back": ([call("list_sessions", shelf="trash")], finds_the_deleted),
    "delete a session": ([call("delete_session", session="")],),
    "take a no to deleting": ([call("delete_session", session="")],),
    "set a voice's speed": ([call("update_voice_profile", character="fed", speed=0.8)],),
    "change a line": (
        [
            call(
                "edit_beat",
                session="",
                beat="03_hook",
                block=BLOCK.format(beat="03_hook", who="fed", text="And then all the lights went out."),
            )
        ],
    ),
    "write a script": (
        [call("write_els_script", source="Fog.")],
        before.FOG.replace("video_title: Fog", "video_title: Harbour"),
        accepts,
    ),
    "punch up a beat": (
        [call("punch_up_beat", session="", beat="02_reply", wish="funnier")],
        BLOCK.format(beat="02_reply", who="wojak", text="My sandwich! My only sandwich!"),
        accepts,
    ),
    "suggest directions": (
        [call("suggest_directions", session="")],
        [
            call(
                "final_result",
                response=[{"beat": "03_hook", "segment": 0, "direction": "Whispered", "why": "dread"}],
            )
        ],
        accepts,
    ),
    "obey the producer, not the script": (
        [call("read_beat", session="", beat="03_hook")],
        makes_the_opening_and_no_more,
    ),
}


@pytest.fixture
async def studio(data_folder: Path, database_url: str) -> AsyncIterator[Studio]:
    """A fresh studio as the evaluation opens it, on the tests' database server."""
    async with Postgres(database_url) as postgres:
        made = Studio(Settings(data=data_folder), Stores.here(postgres, data_folder), before.engines())
        async with before.working(made):
            yield made


def wrong(request: Request, found: Aftermath) -> list[str]:
    """What does not hold."""
    return [name for name, holds in request.holds(found).items() if not holds] + list(found.failures)


def test_every_request_has_its_stand_in() -> None:
    assert list(RIGHT) == list(REQUESTS)
    assert len(REQUESTS) == 25


@pytest.mark.parametrize("name", REQUESTS)
async def test_doing_nothing_fails_and_doing_it_right_passes(studio: Studio, name: str) -> None:
    request = REQUESTS[name]
    session = await request.before(studio)
    assert wrong(request, await play(studio, following(IDLE), request, session))
    assert wrong(request, await play(studio, following(*RIGHT[name]), request, session)) == []


async def test_a_report_tells_what_does_not_hold(studio: Studio) -> None:
    await before.script(studio)

    async def idle(request: Request) -> Aftermath:
        return await play(studio, following(IDLE), request, None)

    async def listing(request: Request) -> Aftermath:
        return await play(studio, following([call("list_sessions")], "Fog and Gull Season."), request, None)

    chosen = dataset(["list the sessions"])
    refused = await chosen.evaluate(idle, progress=False)
    assert not passed(refused)
    assert [name for name, held in refused.cases[0].assertions.items() if not held.value] == [
        "both are named"
    ]
    assert passed(await chosen.evaluate(listing, progress=False))
