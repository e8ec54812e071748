"""A turn is kept as it happens, under one claim: what a run has said so far, then what it waits for."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import anyio
from pydantic_ai import AgentRun, DeferredToolRequests
from pydantic_ai.messages import ModelMessage
from pydantic_ai.usage import RunUsage

from viraltracker.agent.bench import Bench
from viraltracker.agent.conversations import CLAIM_S, Conversations
from viraltracker.errors import StoreDown, StudioError

__all__ = ["Run", "Writer", "held"]

_log = logging.getLogger(__name__)
Run = AgentRun[Bench, str | DeferredToolRequests]


@dataclass(slots=True)
class Writer:
    """Keeps what a run has said, message by message, under one claim."""

    conversations: Conversations
    conversation: UUID
    claim: UUID
    run: Run | None = None
    kept: int = 0
    _lock: anyio.Lock = field(default_factory=anyio.Lock)

    async def keep(self) -> bool:
        """Write what is new. Whether somebody wants a stop."""
        async with self._lock:
            said = self._said()
            stop = await self.conversations.keep(self.conversation, self.claim, said, usage=self._usage())
            self.kept += len(said)
            return stop

    async def end(self) -> None:
        """Write the rest and what is pending, and give the claim back."""
        async with self._lock:
            try:
                await self.conversations.keep(
                    self.conversation,
                    self.claim,
                    self._said(),
                    pending=self._pending(),
                    usage=self._usage(),
                    done=True,
                )
            except (
                StudioError
            ) as lost:  # the claim ends by itself; the next turn says that this one broke off
                _log.warning("agent.unkept", extra={"error": lost.code})

    def _said(self) -> list[ModelMessage]:
        return self.run.new_messages()[self.kept :] if self.run is not None else []

    def _usage(self) -> RunUsage | None:
        return self.run.usage if self.run is not None else None

    def _pending(self) -> DeferredToolRequests | None:
        result = self.run.result if self.run is not None else None
        output = result.output if result is not None else None
        return output if isinstance(output, DeferredToolRequests) else None


@asynccontextmanager
async def held(writer: Writer, run: Run) -> AsyncIterator[None]:
    """Inside, the claim is renewed; a stop that somebody wants cancels the run.

    Raises what went wrong inside, or `Conflict` when another turn has the claim.
    """

    async def renew() -> None:
        while True:
            await anyio.sleep(CLAIM_S / 20)
            try:
                stop = await writer.keep()
            except StoreDown:
                continue  # the claim outlives a short outage; after a long one it is found to be another's
            if stop:
                run.cancel()
                return

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(renew)
            yield
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as together:
        # One of two: what the run raised, or why the claim could not be held; the other was cancelled for it.
        raise together.exceptions[0] from None
