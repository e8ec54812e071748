"""What every tool of the agent works with: the studio, the producer's yes, and how to say what goes on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from viraltracker.agent.approvals import Approval, Approvals, Question
from viraltracker.studio import Studio
from viraltracker.takes import Session
from viraltracker.takes.naming import session_id
from viraltracker.workflow import Hands

__all__ = ["Bench"]


def _silent(_: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class Bench:
    """One turn's tools lie here. `session` is the one that is open beside the conversation, if any.

    `hands` work where no job worker lives (terminal, MCP); None where the studio's own worker does.
    `progress` hears a line for the one who waits.
    """

    studio: Studio
    conversation: UUID | None = None
    session: UUID | None = None
    hands: Hands | None = None
    progress: Callable[[str], None] = _silent
    repairs: dict[str, int] = field(default_factory=dict)

    @property
    def approvals(self) -> Approvals:
        """The producer's yes."""
        return Approvals(self.studio.records)

    async def named(self, session: str) -> Session:
        """The session a model means: an id, the beginning of one, a title; "" is the open one."""
        if not session and self.session is not None:
            return await self.studio.sessions.get(self.session)
        return await self.studio.sessions.get(await session_id(self.studio.sessions, session))

    async def need(
        self, tool: str, arguments: dict[str, Any], question: Question, session: UUID | None
    ) -> Approval:
        """The unused yes that covers just this; see `Approvals.need`."""
        return await self.approvals.need(
            tool, arguments, question, session=session, conversation=self.conversation
        )
