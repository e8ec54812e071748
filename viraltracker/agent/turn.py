"""A turn: a producer's words or answers in, the agent's words and deeds out, everything kept as it happens.

The turn belongs to whoever holds its claim; a stop from any tab ends it, and what was said until then stays.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from uuid import UUID, uuid4

import anyio
from pydantic_ai import Agent, DeferredToolRequests, DeferredToolResults, RunContext, ToolDenied
from pydantic_ai.exceptions import (
    AgentRunError,
    ModelHTTPError,
    RunCancelled,
    UnexpectedModelBehavior,
    UsageLimitExceeded,
    UserError,
)
from pydantic_ai.messages import (
    FunctionToolCallEvent,
    FunctionToolResultEvent,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ToolReturnPart,
)
from pydantic_ai.models import Model
from pydantic_ai.usage import RunUsage, UsageLimits

from viraltracker.agent.bench import Bench
from viraltracker.agent.conversations import Conversations, Kept
from viraltracker.agent.events import Asked, Began, Ended, Event, Failed, Progress, Said
from viraltracker.agent.instructions import INSTRUCTIONS, about
from viraltracker.agent.keeping import Run, Writer, held
from viraltracker.agent.toolset import studio_toolset
from viraltracker.errors import BadInput, StudioError

__all__ = ["Turn", "questions", "take_turn"]

_log = logging.getLogger(__name__)
PROMPT_MAX = 200_000
"""Characters of what a producer says at once: a long script fits."""
REQUESTS_MAX, CALLS_MAX = 60, 200
"""A turn's most; a loop that goes on ends here and says so."""


# Made with the first turn, not with the import: pages and commands that never talk don't wait 0.1 s for it.
@cache
def _agent() -> Agent[Bench, str | DeferredToolRequests]:
    agent: Agent[Bench, str | DeferredToolRequests] = Agent(
        None,
        name="studio",
        deps_type=Bench,
        output_type=[str, DeferredToolRequests],
        instructions=INSTRUCTIONS,
        toolsets=[studio_toolset()],
        retries=2,
    )

    @agent.instructions
    async def open_session(ctx: RunContext[Bench]) -> str:
        bench = ctx.deps
        return about(await bench.studio.sessions.get(bench.session) if bench.session else None)

    return agent


@dataclass(slots=True)
class Turn:
    """What to do next in a conversation. `answers`: call -> yes or no, for all that is pending."""

    kept: Kept
    prompt: str | None = None
    answers: Mapping[str, bool] = field(default_factory=dict)

    def results(self) -> DeferredToolResults | None:
        """The answers as the library takes them. Raises `BadInput` when one is missing or too much."""
        pending = self.kept.pending
        waiting = {call.tool_call_id for call in pending.approvals} if pending else set()
        if self.prompt is not None and waiting:
            # Saying something else is an answer too: no, not now.
            return DeferredToolResults(approvals={call: ToolDenied(_NOT_NOW) for call in waiting})
        if waiting != set(self.answers):
            raise BadInput("Answer every question of the agent, then it goes on.")
        if not waiting:
            return None
        return DeferredToolResults(
            approvals={call: True if yes else ToolDenied(_NO) for call, yes in self.answers.items()}
        )


_NO = "The producer said no."
_NOT_NOW = "The producer did not answer this and said something else instead."


async def take_turn(bench: Bench, model: Model, turn: Turn, tell: Callable[[Event], None]) -> Kept:
    """Run the turn to its end, its questions, or its stop; everything is kept. The conversation then.

    Raises `Conflict` before anything is said when the conversation is another turn's or went on elsewhere,
    and `BadInput`. What goes wrong later is told as `Failed`.
    """
    prompt = None if turn.prompt is None else _checked(turn.prompt)
    results = turn.results()
    if prompt is None and results is None:
        raise BadInput("There is nothing to answer. Say something.")
    conversations, claim = Conversations(bench.studio.records), uuid4()
    line = await conversations.begin(turn.kept.line, claim)
    await _passed_over(bench, turn)
    bench = replace(bench, conversation=line.id, progress=lambda words: tell(Progress(words)))
    writer = Writer(conversations, line.id, claim)
    try:
        async with (
            model,  # its connections end with the turn
            _agent().iter(
                prompt,
                model=model,
                message_history=list(turn.kept.history),
                deferred_tool_results=results,
                usage=replace(turn.kept.usage),
                usage_limits=_limits(turn.kept.usage),
                deps=bench,
            ) as run,
        ):
            writer.run = run
            async with held(writer, run):
                await _walk(run, writer, tell)
    except RunCancelled:
        tell(Failed("Stopped. What was said and done until here is kept."))
    except (AgentRunError, UserError, StudioError) as broke:
        _log.warning("agent.broke", extra={"error": type(broke).__name__})
        tell(Failed(_why(broke)))
    finally:
        with anyio.CancelScope(shield=True):
            await writer.end()
    kept = await conversations.read(line.id)
    if kept.pending is not None:
        tell(Asked(questions(kept.pending)))
    return kept


async def _passed_over(bench: Bench, turn: Turn) -> None:
    """Who says something else has answered: what was asked is not open any longer."""
    if turn.prompt is None or turn.kept.pending is None:
        return
    for approval in questions(turn.kept.pending).values():
        with suppress(BadInput):  # answered, used or too old already
            await bench.approvals.decide(approval, False)


def questions(pending: DeferredToolRequests) -> Mapping[str, UUID]:
    """The approvals that calls wait for: call -> approval."""
    return {
        call.tool_call_id: UUID(pending.metadata[call.tool_call_id]["approval"]) for call in pending.approvals
    }


async def _walk(run: Run, writer: Writer, tell: Callable[[Event], None]) -> None:
    """Step through the run; every step's events are told and its messages kept."""
    async for node in run:
        if Agent.is_model_request_node(node):
            async with node.stream(run.ctx) as words:
                async for event in words:
                    if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
                        tell(Said(event.part.content))
                    elif isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
                        tell(Said(event.delta.content_delta))
        elif Agent.is_call_tools_node(node):
            await writer.keep()
            async with node.stream(run.ctx) as deeds:
                async for deed in deeds:
                    if isinstance(deed, FunctionToolCallEvent):
                        tell(Began(deed.part.tool_call_id, deed.part.tool_name, deed.part.args_as_dict()))
                    elif isinstance(deed, FunctionToolResultEvent) and isinstance(deed.part, ToolReturnPart):
                        ok = deed.part.outcome == "success"
                        tell(Ended(deed.part.tool_call_id, deed.part.tool_name, ok, deed.part.content))


def _limits(used: RunUsage) -> UsageLimits:
    """A turn's own limits: the library holds them against all that the conversation has used."""
    return UsageLimits(
        request_limit=used.requests + REQUESTS_MAX, tool_calls_limit=used.tool_calls + CALLS_MAX
    )


def _checked(prompt: str) -> str:
    words = prompt.strip()
    if not words:
        raise BadInput("There is nothing to answer. Say something.")
    if len(words) > PROMPT_MAX:
        raise BadInput(f"That is {len(words):,} characters; {PROMPT_MAX:,} is the most at once.")
    return words.replace("\x00", "\ufffd")


def _why(broke: Exception) -> str:
    """A failure in a producer's words, without what may hold a key or an address."""
    if isinstance(broke, StudioError):
        return broke.message
    if isinstance(broke, UsageLimitExceeded):
        return "The agent took too many steps for one answer and was stopped. Say how it shall go on."
    if isinstance(broke, ModelHTTPError):
        return (
            f"The model answered with an error ({broke.status_code}). Check the model, its key and limits, "
            "then say it again."
        )
    if isinstance(broke, UnexpectedModelBehavior):
        return "The model's answer made no sense to the studio. Say it again, or choose another model."
    return "The model could not be reached or used. Check its name and address, then say it again."
