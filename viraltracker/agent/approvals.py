"""A producer's yes: asked, answered, used up. The wall is in the database; nothing here can be talked round.

A question covers one tool with one set of arguments, at most one amount of money, once, for a while. Knows no
model and no page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import TypeAdapter

from viraltracker.errors import NeedsApproval
from viraltracker.takes import Records

__all__ = ["ASK_TTL_S", "Approval", "Approvals", "Kind", "Question", "Status"]

Kind = Literal["spend", "destroy", "write"]
Status = Literal["asked", "granted", "refused", "used", "withdrawn", "expired"]

ASK_TTL_S = 3600
"""How long a question, and the yes to it, may wait: a coffee, not a night's prices and edits."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a producer decides on, in words. `usd` is the estimate, and the most that a yes covers.

    `beats` and `characters` say what is spent on; `diff` are lines of a change, each with `+`, `-` or a blank
    before it.
    """

    kind: Kind
    title: str
    beats: tuple[str, ...] = ()
    characters: int = 0
    usd: float = 0.0
    exact: bool = True
    lines: tuple[str, ...] = ()
    diff: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Approval:
    """A question and where it stands. `arguments` are what a yes covers, to the letter."""

    id: UUID
    tool: str
    arguments: Mapping[str, Any]
    question: Question
    cap_usd: float
    status: Status
    asked_at: datetime
    expires_at: datetime
    session: UUID | None = None
    conversation: UUID | None = None


_APPROVAL = TypeAdapter(Approval)
_QUESTION = TypeAdapter(Question)


@dataclass(frozen=True, slots=True)
class Approvals:
    """Asks one owner, and looks whether there is a yes."""

    records: Records

    async def ask(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        question: Question,
        *,
        session: UUID | None = None,
        conversation: UUID | None = None,
        ttl_s: int = ASK_TTL_S,
    ) -> Approval:
        """Put a question; the same one that is open already, or has an unused yes, is not put again."""
        return _APPROVAL.validate_python(
            await self.records.call(
                "studio_approval_ask_v1",
                tool=tool,
                arguments=dict(arguments),
                question=_QUESTION.dump_python(question, mode="json"),
                cap_usd=question.usd,
                ttl_s=ttl_s,
                session=session,
                conversation=conversation,
            )
        )

    async def need(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        question: Question,
        *,
        session: UUID | None = None,
        conversation: UUID | None = None,
    ) -> Approval:
        """The unused yes that covers just this. Without one the question is put, and `NeedsApproval` raised.

        The error's fact `approval` is the question. The yes is not used up yet: whoever acts on it does that
        in the transaction that acts (takes: by the batch's id), or by `use`.
        """
        asked = await self.ask(tool, arguments, question, session=session, conversation=conversation)
        if asked.status != "granted":
            raise NeedsApproval(f"A producer has to say yes first: {question.title}", approval=asked)
        return asked

    async def use(self, approval: Approval, usd: float = 0.0) -> None:
        """Use a yes up. Raises `NeedsApproval` when somebody was quicker, or it ended, or covers less."""
        await self.records.call(
            "studio_approval_use_v1", tool=approval.tool, arguments=dict(approval.arguments), usd=usd
        )

    async def decide(self, approval: UUID, granted: bool) -> Approval:
        """A producer's answer. Raises `BadInput` for what was answered already, or is too old."""
        return _APPROVAL.validate_python(
            await self.records.call("studio_approval_decide_v1", approval=approval, granted=granted)
        )

    async def get(self, approval: UUID) -> Approval:
        """One question, open or answered. Raises `NotFound`."""
        return _APPROVAL.validate_python(await self.records.call("studio_approval_v1", approval=approval))

    async def listed(
        self, conversation: UUID | None = None, *, every: bool = False, most: int = 50
    ) -> tuple[Approval, ...]:
        """The open questions, newest first; with `every` the answered ones too."""
        rows = await self.records.call(
            "studio_approvals_v1", conversation=conversation, every=every, most=most
        )
        return tuple(_APPROVAL.validate_python(row) for row in rows)
