"""Waiting for takes and exports. What is watched is the studio's own tables, never the queue."""

import math
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any
from uuid import UUID

import anyio

from viraltracker import errors
from viraltracker.episode import Asked
from viraltracker.errors import StudioError
from viraltracker.studio import Studio
from viraltracker.takes import ExportRow, Session, Take
from viraltracker.workflow.events import (
    ExportProgress,
    Failure,
    TakeFailed,
    TakesDropped,
    TakesProgress,
    Tell,
)
from viraltracker.workflow.hands import Hands

__all__ = ["export_ended", "export_made", "failures", "takes_ended"]

_POLL_S = 0.1
# Looking costs the database work too: at most a fifth of the time goes into it.
_IDLE_SHARE = 4.0
_UNDER_WAY = ("queued", "generating")


async def takes_ended(
    studio: Studio,
    session: UUID,
    wanted: Collection[UUID],
    tell: Tell,
    hands: Hands | None,
    *,
    within_s: float | None = None,
) -> Session:
    """Wait until all `wanted` takes have come to an end, or `within_s` is over. The session then.

    Without `hands` another process has to work. Cancelled, it drops those that are still queued; a take under
    way finishes and is kept.
    """
    try:
        return await _watched(studio, session, frozenset(wanted), tell, hands, _end(within_s))
    except anyio.get_cancelled_exc_class():
        with anyio.CancelScope(shield=True):
            dropped = await (await studio.generate()).cancel(session, wanted)
        tell(
            TakesDropped(
                f"{dropped.dropped} queued takes were dropped, {dropped.finishing} under way finish; "
                f"what was made is kept in session {session}."
            )
        )
        raise


async def export_ended(
    studio: Studio, export: UUID, tell: Tell, hands: Hands | None, *, within_s: float | None = None
) -> ExportRow:
    """Wait until the export has come to an end, well or not, or `within_s` is over. Its row then."""
    end = _end(within_s)
    while True:
        row = await studio.exports.get(export)
        tell(ExportProgress(row.progress))
        if row.status not in _UNDER_WAY or not await _paused(_POLL_S, end, hands):
            return row


async def export_made(
    studio: Studio, ask: Callable[[], Awaitable[Asked]], tell: Tell, hands: Hands | None
) -> ExportRow:
    """Ask for an export and wait for it. Raises what made it fail."""
    asked = await ask()
    while asked.already:
        # Somebody else's is under way, of other picks or options perhaps: ours is asked for after it.
        await export_ended(studio, asked.id, tell, hands)
        asked = await ask()
    row = await export_ended(studio, asked.id, tell, hands)
    if row.status != "done" or row.file_sha256 is None:
        raise _error_of(row)
    return row


def failures(session: Session, wanted: Collection[UUID]) -> tuple[Failure, ...]:
    """Those of the `wanted` takes that ended without audio, beat by beat, and why."""
    return tuple(
        Failure(beat.beat_id, take.number, _reason(take))
        for beat in session.beats
        for take in beat.takes
        if take.id in wanted and take.status in ("failed", "cancelled")
    )


async def _watched(
    studio: Studio, session: UUID, wanted: frozenset[UUID], tell: Tell, hands: Hands | None, end: float
) -> Session:
    told: set[Failure] = set()
    while True:
        began = anyio.current_time()
        held = await studio.sessions.get(session)
        takes = [take for beat in held.beats for take in beat.takes if take.id in wanted]
        under_way = [take for take in takes if take.status in _UNDER_WAY]
        for failure in failures(held, wanted):
            if failure not in told:
                told.add(failure)
                tell(TakeFailed(failure.beat_id, failure.take, failure.reason))
        parts = sum(take.parts for take in takes)
        left = sum(take.parts - take.parts_done for take in under_way)
        tell(TakesProgress(len(takes) - len(under_way), len(takes), parts - left, parts))
        pause_s = max(_POLL_S, _IDLE_SHARE * (anyio.current_time() - began))
        if not under_way or not await _paused(pause_s, end, hands):
            return held


def _end(within_s: float | None) -> float:
    return math.inf if within_s is None else anyio.current_time() + within_s


async def _paused(pause_s: float, end: float, hands: Hands | None) -> bool:
    """Pause with somebody at work; False when the time is over."""
    left_s = end - anyio.current_time()
    if left_s <= 0:
        return False
    if hands is not None:
        await hands.ensure()
    await anyio.sleep(min(pause_s, left_s))
    return True


def _reason(take: Take) -> str:
    if take.status == "cancelled":
        return "It was dropped from the queue."
    return str((take.error or {}).get("message", "It failed."))


def _error_of(row: ExportRow) -> StudioError:
    """What a job wrote down of its failure, as the error it was."""
    told: Mapping[str, Any] = row.error or {}
    kind = getattr(errors, str(told.get("code")), None)
    kind = kind if isinstance(kind, type) and issubclass(kind, StudioError) else StudioError
    return kind(str(told.get("message", "The export failed. Try again.")))
