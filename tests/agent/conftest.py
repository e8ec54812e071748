"""A studio for the agent: real Postgres, a job worker, a priced tone engine, and a model with a script."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import pytest
from pydantic_ai import RunContext, models
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel
from pydantic_ai.models.test import TestModel
from pydantic_ai.usage import RunUsage

from tests.fog import HOOKED
from viraltracker.agent.approvals import Approvals
from viraltracker.agent.bench import Bench
from viraltracker.agent.conversations import Conversations, Kept
from viraltracker.agent.events import Event
from viraltracker.agent.toolset import studio_toolset
from viraltracker.agent.turn import Turn, questions, take_turn
from viraltracker.jobs import WorkerConfig
from viraltracker.settings import Settings
from viraltracker.speech import Price
from viraltracker.speech.espeak import EspeakEngine
from viraltracker.speech.tone import TONE_VOICES_HZ, ToneEngine
from viraltracker.store import Postgres
from viraltracker.studio import Stores, Studio
from viraltracker.takes import Session
from viraltracker.voices import EngineVoice

models.ALLOW_MODEL_REQUESTS = False


def call(tool: str, **arguments: Any) -> ToolCallPart:
    """A tool call as a model writes it."""
    return ToolCallPart(tool, arguments)


Step = str | Sequence[ToolCallPart] | Callable[[list[ModelMessage]], "Step"]


def following(*steps: Step) -> FunctionModel:
    """A model that does one step a request: says a text, calls tools, or decides from what it was told."""
    left = list(steps)

    async def stream(
        messages: list[ModelMessage], info: AgentInfo
    ) -> AsyncIterator[str | dict[int, DeltaToolCall]]:
        step: Any = left.pop(0) if left else "That is all."
        while callable(step):
            step = step(messages)
        if isinstance(step, str):
            for word in step.split(" "):
                yield word + " "
            return
        for place, made in enumerate(step):
            yield {
                place: DeltaToolCall(made.tool_name, json.dumps(made.args), tool_call_id=made.tool_call_id)
            }

    async def whole(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        step: Any = left.pop(0) if left else "That is all."
        while callable(step):
            step = step(messages)
        return ModelResponse([TextPart(step)] if isinstance(step, str) else list(step))

    return FunctionModel(whole, stream_function=stream)


def answers(messages: Sequence[ModelMessage]) -> list[Any]:
    """What the tools answered so far, newest last."""
    return [
        part.content for message in messages for part in message.parts if isinstance(part, ToolReturnPart)
    ]


@dataclass
class Stage:
    """One producer with the agent at hand."""

    studio: Studio
    tone: ToneEngine
    told: list[Event] = field(default_factory=list)

    @property
    def approvals(self) -> Approvals:
        return Approvals(self.studio.records)

    @property
    def conversations(self) -> Conversations:
        return Conversations(self.studio.records)

    def bench(self, session: UUID | None = None) -> Bench:
        return Bench(self.studio, session=session)

    async def session(self, els: str = HOOKED) -> Session:
        """A session of this script."""
        saved = await self.studio.sessions.create(els, await self.studio.script_cast())
        return await self.studio.sessions.get(saved.session)

    async def tool(self, name: str, /, **arguments: Any) -> Any:
        """Call one tool as the loop does, without a loop. Raises `ApprovalRequired` and `ToolFailed`."""
        toolset = studio_toolset()
        ctx = RunContext(deps=self.bench(), model=TestModel(), usage=RunUsage(), tool_name=name)
        tools = await toolset.get_tools(ctx)
        checked = tools[name].args_validator.validate_python(arguments)
        return await toolset.call_tool(name, checked, ctx, tools[name])

    async def yes(self) -> None:
        """Say yes to everything that is asked."""
        for asked in await self.approvals.listed():
            await self.approvals.decide(asked.id, True)

    async def say(
        self, model: models.Model, prompt: str, *, kept: Kept | None = None, session: UUID | None = None
    ) -> Kept:
        """One turn with these words."""
        if kept is None:
            kept = await self.conversations.read((await self.conversations.open(session)).id)
        return await take_turn(self.bench(session), model, Turn(kept, prompt), self.told.append)

    async def answer(
        self, model: models.Model, kept: Kept, granted: bool = True, session: UUID | None = None
    ) -> Kept:
        """Answer all that the agent asks, and let it go on."""
        assert kept.pending is not None, "the agent asks nothing"
        for approval in questions(kept.pending).values():
            await self.approvals.decide(approval, granted)
        turn = Turn(kept, answers=dict.fromkeys(questions(kept.pending), granted))
        return await take_turn(self.bench(session), model, turn, self.told.append)


@asynccontextmanager
async def working(studio: Studio) -> AsyncIterator[None]:
    """Inside, a job worker works."""
    stop = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(studio.run_worker, stop, "test", WorkerConfig("test", poll_s=0.1))
        yield
        stop.set()


async def speak_with(studio: Studio, engine: str, voices: Mapping[str, float]) -> None:
    """The whole cast on one engine."""
    names = list(voices)
    for place, member in enumerate(await studio.cast.members()):
        chosen = {**member.profile.voices, engine: EngineVoice(names[place % len(names)])}
        await studio.cast.save(replace(member.profile, engine=engine, voices=chosen), member.version)


@pytest.fixture
async def stage(data_folder: Path, database_url: str) -> AsyncIterator[Stage]:
    """A studio whose cast speaks with a paid engine that never says the same thing the same way twice."""
    tone = ToneEngine(price=Price(0.10, "2026-11-01"), repeatable=False)
    espeak = EspeakEngine()
    async with Postgres(database_url) as postgres:
        studio = Studio(
            Settings(data=data_folder), Stores.here(postgres, data_folder), {"tone": tone, "espeak": espeak}
        )
        await speak_with(studio, "tone", TONE_VOICES_HZ)
        async with working(studio):
            yield Stage(studio, tone)
    await espeak.aclose()
