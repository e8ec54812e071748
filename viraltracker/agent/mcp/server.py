"""The server: the studio's toolset as a client lists and calls it. Knows no transport.

Names, schemas, limits and walls are the toolset's own. What needs a producer's yes is asked through the
client where it can ask. Elsewhere the question waits on the Agent page, and the same call works, once, after
the yes there.
"""

import logging
import math
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any
from uuid import UUID

import anyio
from mcp import MCPError
from mcp.server import Server, ServerRequestContext
from mcp.server.session import ServerSession
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    InputRequiredResult,
    ListToolsResult,
    PaginatedRequestParams,
)
from pydantic_ai import RunContext
from pydantic_ai.exceptions import ApprovalRequired, ToolFailed
from pydantic_ai.models.test import TestModel
from pydantic_ai.toolsets import AbstractToolset, ToolsetTool
from pydantic_ai.usage import RunUsage

from viraltracker.agent.approvals import Approval
from viraltracker.agent.bench import Bench
from viraltracker.agent.guard import told
from viraltracker.agent.instructions import THE_STUDIO
from viraltracker.agent.mcp.asking import answer_of, answers_in, asked_again, can_ask
from viraltracker.agent.mcp.wire import answer, checked, listed, only_reads, refusal
from viraltracker.agent.toolset import studio_toolset
from viraltracker.errors import BadInput, NeedsApproval, StudioError

__all__ = ["studio_server"]

_log = logging.getLogger(__name__)
_NO_MODEL = TestModel()
"""A tool's context must name a model. Here the model is the client's; tools that write ask the studio's."""
_BROKE = (
    "The studio met something that it has no name for. Nothing that was saved is lost; its log says where."
)


async def studio_server(bench: Bench, toolset: AbstractToolset[Bench] | None = None) -> Server[Any]:
    """A server of the studio on this bench, for any number of clients. `toolset` replaces the studio's."""
    offered = toolset if toolset is not None else studio_toolset()
    desk = _Desk(bench, offered, await offered.get_tools(_context(bench)))
    return Server(
        "viraltracker",
        version=version("viraltracker"),
        instructions=THE_STUDIO,
        on_list_tools=desk.list_tools,
        on_call_tool=desk.call_tool,
    )


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where clients' calls come in."""

    bench: Bench
    toolset: AbstractToolset[Bench]
    tools: Mapping[str, ToolsetTool[Bench]]

    async def list_tools(
        self, context: ServerRequestContext[Any], page: PaginatedRequestParams | None
    ) -> ListToolsResult:
        """All tools, on one page."""
        return ListToolsResult(tools=[listed(tool.tool_def) for tool in self.tools.values()])

    async def call_tool(
        self, context: ServerRequestContext[Any], call: CallToolRequestParams
    ) -> CallToolResult | InputRequiredResult:
        """What a call comes to: an answer, a question, or a refusal in words."""
        tool = self.tools.get(call.name)
        if tool is None:
            raise MCPError(INVALID_PARAMS, f"There is no tool {call.name!r}.")
        async with _progress(context.session) as tell:
            try:
                return await self._settled(replace(self.bench, progress=tell), context, call, tool)
            except ToolFailed as failed:
                return refusal(failed.message)
            except StudioError as error:
                return self._refused(error)
            except Exception as error:  # noqa: BLE001 - the client learns that it broke, the log learns where
                _log.error("mcp.broke", exc_info=error, extra={"tool": call.name})
                return self._refused(StudioError(_BROKE))

    async def _settled(
        self,
        bench: Bench,
        context: ServerRequestContext[Any],
        call: CallToolRequestParams,
        tool: ToolsetTool[Bench],
    ) -> CallToolResult | InputRequiredResult:
        """Call the tool; where a yes is missing ask for it, and call again with it."""
        arguments = checked(tool, call.arguments or {})
        for question, yes in answers_in(call).items():
            await self._decide(await self._asked(question, call), yes)
        while True:
            try:
                return answer(await self._made(bench, tool, arguments))
            except ApprovalRequired as missing:
                asked = await self._asked((missing.metadata or {})["approval"], call)
            if can_ask(context):
                if (question_back := asked_again(context, asked)) is not None:
                    return question_back
                if (said := await answer_of(context, asked)) is not None:
                    await self._decide(asked, said)
                    continue
            raise NeedsApproval(
                f"This waits for the producer's yes: {asked.question.title}. The question is on the studio's "
                f"Agent page ({asked.id}). After the yes there, make the same call again."
            )

    async def _made(self, bench: Bench, tool: ToolsetTool[Bench], arguments: dict[str, Any]) -> Any:
        if bench.hands is not None and not only_reads(tool.tool_def):
            # A tool may ask for work and not wait for it.
            await bench.hands.ensure()
        name = tool.tool_def.name
        return await self.toolset.call_tool(name, arguments, _context(bench, name), tool)

    async def _asked(self, approval: str, call: CallToolRequestParams) -> Approval:
        """The question of that id. Raises `BadInput` and `NotFound` for an answer to none of this tool's."""
        try:
            asked = await self.bench.approvals.get(UUID(approval))
        except ValueError:
            asked = None
        if asked is None or asked.tool != call.name:
            raise BadInput(f"That answers no question of {call.name}.")
        return asked

    async def _decide(self, asked: Approval, yes: bool) -> None:
        """Keep the answer, unless the Agent page was quicker. Raises `NeedsApproval` for a no."""
        if (await self.bench.approvals.get(asked.id)).status == "asked":
            await self.bench.approvals.decide(asked.id, yes)
        if not yes:
            raise NeedsApproval(f"The producer said no, and nothing was done: {asked.question.title}.")

    def _refused(self, error: StudioError) -> CallToolResult:
        return refusal(told(error, self.bench.studio.settings))


def _context(bench: Bench, tool: str | None = None) -> RunContext[Bench]:
    return RunContext(deps=bench, model=_NO_MODEL, usage=RunUsage(), tool_name=tool)


@asynccontextmanager
async def _progress(session: ServerSession) -> AsyncIterator[Callable[[str], None]]:
    """Inside, words are passed on as progress, each once; a client that didn't ask for them gets none."""
    said, heard = anyio.create_memory_object_stream[str](math.inf)

    async def pass_on() -> None:
        last, steps = "", 0
        async with heard:
            async for words in heard:
                if words != last:
                    last, steps = words, steps + 1
                    await session.report_progress(steps, message=words)

    def tell(words: str) -> None:
        with suppress(anyio.BrokenResourceError):  # the call was cancelled, and says so to nobody
            said.send_nowait(words)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(pass_on)
        with said:
            yield tell
