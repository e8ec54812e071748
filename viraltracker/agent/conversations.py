"""Conversations as they rest in the database: message by message, one turn at a time.

A turn holds a claim that ends by itself, so that two tabs don't write into each other and a crash leaves
nothing locked. Knows no model.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from pydantic_ai import DeferredToolRequests
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter
from pydantic_ai.usage import RunUsage

from viraltracker.takes import Records

__all__ = ["CLAIM_S", "Conversations", "Kept", "Line"]

CLAIM_S = 20.0
"""How long a turn stays a process's without a sign of life; renewed four times in that span."""

_PENDING = TypeAdapter(DeferredToolRequests)
_USAGE = TypeAdapter(RunUsage)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Line:
    """A conversation in a list. `busy`: a turn is under way; `broken`: its process died in the middle."""

    id: UUID
    session: UUID | None
    revision: int
    busy: bool
    broken: bool
    messages: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """A conversation with its messages; `pending` are the tool calls that wait for a producer's yes."""

    line: Line
    history: tuple[ModelMessage, ...]
    pending: DeferredToolRequests | None
    usage: RunUsage


_LINE = TypeAdapter(Line)


@dataclass(frozen=True, slots=True)
class Conversations:
    """Reads and writes one owner's conversations."""

    records: Records

    async def open(self, session: UUID | None, *, fresh: bool = False) -> Line:
        """The newest conversation beside a session (None: beside none); made where there is none.

        `fresh` begins a new one, unless the newest is still empty.
        """
        return _line(await self.records.call("studio_conversation_open_v1", session=session, fresh=fresh))

    async def listed(self, session: UUID | None, most: int = 20) -> tuple[Line, ...]:
        """The conversations beside a session, newest first."""
        rows = await self.records.call("studio_conversations_v1", session=session, most=most)
        return tuple(_line(row) for row in rows)

    async def read(self, conversation: UUID) -> Kept:
        """A conversation with all its messages. Raises `NotFound`."""
        row = await self.records.call("studio_conversation_v1", conversation=conversation)
        return Kept(
            _line(row),
            tuple(ModelMessagesTypeAdapter.validate_python(row["history"])),
            None if row["pending"] is None else _PENDING.validate_python(row["pending"]),
            _USAGE.validate_python(row["usage"]) if row["usage"] else RunUsage(),
        )

    async def begin(self, line: Line, claim: UUID) -> Line:
        """Take the next turn. Raises `Conflict` when somebody else has it, or the conversation went on."""
        return _line(
            await self.records.call(
                "studio_conversation_begin_v1",
                conversation=line.id,
                claim=claim,
                based_on=line.revision,
                ttl_s=CLAIM_S,
            )
        )

    async def keep(
        self,
        conversation: UUID,
        claim: UUID,
        messages: Sequence[ModelMessage] = (),
        *,
        pending: DeferredToolRequests | None = None,
        usage: RunUsage | None = None,
        done: bool = False,
    ) -> bool:
        """Write what a turn has said since the last time, and hold the claim; `done` gives it back.

        Answers whether somebody wants the turn to stop. Raises `Conflict` when the claim is another's.
        """
        row = await self.records.call(
            "studio_conversation_keep_v1",
            conversation=conversation,
            claim=claim,
            messages=_storable(ModelMessagesTypeAdapter.dump_python(list(messages), mode="json")),
            pending=None if pending is None else _storable(_PENDING.dump_python(pending, mode="json")),
            usage=None if usage is None else _USAGE.dump_python(usage, mode="json"),
            done=done,
            ttl_s=CLAIM_S,
        )
        return bool(row["stop_wanted"])

    async def stop(self, conversation: UUID) -> bool:
        """Ask the turn that is under way, in whatever process, to stop. Whether there was one."""
        row = await self.records.call("studio_conversation_stop_v1", conversation=conversation)
        return bool(row["stopping"])


def _line(row: dict[str, Any]) -> Line:
    return _LINE.validate_python({name: row[name] for name in Line.__dataclass_fields__})


def _storable(value: Any) -> Any:
    """JSON values as Postgres takes them: a model may say U+0000 or half a character."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return [_storable(item) for item in value] if isinstance(value, list) else value
