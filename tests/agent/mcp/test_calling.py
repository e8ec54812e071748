"""What a client calls: answers, refusals in words, progress, and nothing that must not leave the machine."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import MCPError
from mcp.server import Server
from pydantic import SecretStr
from pydantic_ai import RunContext
from pydantic_ai.toolsets import FunctionToolset

from tests.agent.conftest import Stage
from tests.agent.mcp.conftest import client, made, refused, words
from tests.fog import HOOKED
from viraltracker.agent.bench import Bench
from viraltracker.agent.mcp import studio_server
from viraltracker.settings import Settings
from viraltracker.studio import Studio

KEY = "sk_0123456789abcdef0123"


async def test_an_answer_is_an_object_and_the_same_in_text(
    stage: Stage, server: Server[Any], era: str
) -> None:
    session = await stage.session()
    async with client(server, era) as assistant:
        await assistant.list_tools()  # from here on the client holds answers to their schemas
        view = made(await assistant.call_tool("get_production_session", {"session": "Fog"}))
        assert view["session"]["id"] == str(session.id)
        assert [beat["beat"] for beat in view["beats"]] == ["01_open", "02_reply", "03_hook"]
        voices = made(await assistant.call_tool("list_voice_profiles"))
        assert {"fed", "wojak"} <= {voice["character"] for voice in voices["result"]}
        cost = made(await assistant.call_tool("estimate_cost", {"session": "Fog"}))
        assert cost["usd"] > 0
        saved = made(await assistant.call_tool("create_production_session", {"els": HOOKED}))
        assert saved["done"] == 'Session "Fog" has 3 beats.'


async def test_a_refusal_says_what_and_why(stage: Stage, server: Server[Any], era: str) -> None:
    await stage.session()
    async with client(server, era) as assistant:
        lost = await assistant.call_tool("get_production_session", {"session": "Mist"})
        assert refused(lost)["error"] == "NotFound"
        broken = await assistant.call_tool("create_production_session", {"els": HOOKED.replace("wojak", "w")})
        assert refused(broken)["error"] == "ScriptRefused"
        assert refused(broken)["findings"][0].startswith("line 16, column")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"session": "Fog", "beats": ["03_hook"], "takes_each": 6}, "takes_each: Input should be less than"),
        ({"session": "Fog"}, "beats: Field required"),
        ({"session": "Fog", "beats": "03_hook"}, "beats: Input should be a valid list"),
        ({"session": "Fog", "beats": ["03_hook"], "approved": True}, "approved: Extra inputs"),
    ],
)
async def test_arguments_that_do_not_fit_are_named(
    server: Server[Any], era: str, arguments: dict[str, Any], said: str
) -> None:
    async with client(server, era) as assistant:
        answer = refused(await assistant.call_tool("generate_beat_audio", arguments))
    assert answer["error"] == "BadInput"
    assert said in answer["message"]


async def test_a_tool_that_is_not_there_is_no_tool(server: Server[Any], era: str) -> None:
    async with client(server, era) as assistant:
        with pytest.raises(MCPError, match="There is no tool 'approve'"):
            await assistant.call_tool("approve", {})


async def test_calls_are_counted_as_everywhere(stage: Stage, server: Server[Any], era: str) -> None:
    async with client(server, era) as assistant:
        for _ in range(10):
            assert (await assistant.call_tool("delete_session", {"session": "none"})).is_error
        answer = refused(await assistant.call_tool("delete_session", {"session": "none"}))
    assert (answer["error"], answer["retryable"]) == ("TooOften", True)


async def test_no_key_path_or_link_leaves(stage: Stage, data_folder: Path, era: str) -> None:
    keyed = Settings(data=data_folder, elevenlabs_api_key=SecretStr(KEY))
    studio = Studio(keyed, stage.studio.stores, stage.studio.engines)
    title = f"{KEY} in {data_folder}/blobs at https://x.example/a?token=abcdef"
    session = await stage.session(HOOKED.replace("video_title: Fog", f"video_title: {title}"))
    async with client(await studio_server(Bench(studio)), era) as assistant:
        answers = [
            await assistant.call_tool("list_sessions"),
            await assistant.call_tool("get_production_session", {"session": str(session.id)}),
            await assistant.call_tool("delete_session", {"session": str(session.id)}),
            await assistant.call_tool("read_beat", {"session": str(session.id), "beat": title}),
        ]
    for answer in answers:
        shown = answer.model_dump_json()
        assert [each for each in (KEY, str(data_folder), "abcdef") if each in shown] == []


def _odd_tools() -> FunctionToolset[Bench]:
    """A tool that tells how far it is, and one that breaks in a way nobody foresaw."""
    tools: FunctionToolset[Bench] = FunctionToolset(metadata={"effect": "reads"})

    @tools.tool
    async def count(ctx: RunContext[Bench]) -> str:
        for said in ("1 of 2 takes", "1 of 2 takes", "2 of 2 takes"):
            ctx.deps.progress(said)
        return "counted"

    @tools.tool
    async def stumble(ctx: RunContext[Bench]) -> str:
        raise LookupError(f"{KEY} at {Path.home()}")

    return tools


async def test_progress_is_told_to_whoever_asks_for_it(stage: Stage, era: str) -> None:
    told: list[tuple[float, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, message))

    async with client(await studio_server(stage.bench(), _odd_tools()), era) as assistant:
        assert made(await assistant.call_tool("count")) == {"result": "counted"}
        assert told == []
        await assistant.call_tool("count", progress_callback=hear)
    assert told == [(1, "1 of 2 takes"), (2, "2 of 2 takes")]


async def test_a_call_that_is_cancelled_ends_quietly(
    stage: Stage, era: str, caplog: pytest.LogCaptureFixture
) -> None:
    ended = anyio.Event()
    tools: FunctionToolset[Bench] = FunctionToolset(metadata={"effect": "reads"})

    @tools.tool
    async def wait(ctx: RunContext[Bench]) -> None:
        ctx.deps.progress("waiting")
        try:
            await anyio.sleep_forever()
        finally:
            ctx.deps.progress("dropped what was queued")
            ended.set()

    async with client(await studio_server(stage.bench(), tools), era) as assistant:
        with anyio.CancelScope() as patience:

            async def enough(progress: float, total: float | None, message: str | None) -> None:
                patience.cancel()

            await assistant.call_tool("wait", progress_callback=enough)
        await ended.wait()
        assert len((await assistant.list_tools()).tools) == 1
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_what_nobody_foresaw_is_told_without_its_insides(
    stage: Stage, era: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with client(await studio_server(stage.bench(), _odd_tools()), era) as assistant:
        answer = await assistant.call_tool("stumble")
    assert refused(answer)["message"].startswith("The studio met something that it has no name for.")
    assert "LookupError" not in words(answer)
    (logged,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert (logged.getMessage(), logged.exc_info is not None) == ("mcp.broke", True)


class _Worker:
    """Hands that only count how often they were asked to be there."""

    asked = 0

    async def ensure(self) -> None:
        self.asked += 1


async def test_somebody_works_before_work_is_asked_for(stage: Stage, era: str) -> None:
    await stage.session()
    hands: Any = _Worker()
    async with client(await studio_server(replace(stage.bench(), hands=hands)), era) as assistant:
        await assistant.call_tool("list_sessions")
        assert hands.asked == 0
        await assistant.call_tool("generate_missing_or_stale", {"session": "Fog", "wait_s": 0})
    assert hands.asked == 1
