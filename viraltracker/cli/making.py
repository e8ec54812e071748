"""Waiting for takes and exports, and being the job worker oneself where no other is alive.

What is watched is the studio's own tables; the worker here is the same as `viraltracker worker`.
"""

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import anyio
import anyio.to_thread

from viraltracker import errors
from viraltracker.cli.files import copy_out
from viraltracker.cli.progress import Show, progress
from viraltracker.cli.screen import say
from viraltracker.cli.worker import worker_config
from viraltracker.errors import SpeechError, StudioError

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from viraltracker.episode import Asked
    from viraltracker.studio import Studio
    from viraltracker.takes import ExportRow, Session, Take

__all__ = ["Hands", "export_made", "hands_for", "refuse_failed", "takes_made"]

_ASK_WORKERS_S = 2.0
_POLL_S = 0.1
# Looking costs the database work too: at most a fifth of the time goes into it.
_IDLE_SHARE = 4.0


class Hands:
    """A job worker in this process, from the moment that no other one serves both queues."""

    def __init__(self, studio: "Studio", tasks: "TaskGroup") -> None:
        self._studio = studio
        self._tasks = tasks
        self._stop = anyio.Event()
        self._looked_at = -_ASK_WORKERS_S
        self._hosting = False

    async def ensure(self) -> None:
        """Begin to work oneself if nobody does; asks every two seconds, as a worker may die meanwhile."""
        now = time.monotonic()
        if self._hosting or now - self._looked_at < _ASK_WORKERS_S:
            return
        self._looked_at = now
        served = {queue for worker in await self._studio.workers() for queue in worker["queues"]}
        if not served >= {"cloud", "cpu"}:
            self._hosting = True
            self._tasks.start_soon(self._work)

    def end(self) -> None:
        """No new job; what is running is finished."""
        self._stop.set()

    async def _work(self) -> None:
        config = worker_config(self._studio.settings, f"command {os.getpid()}")
        # Who is cancelled above still waits for a running take: it may be paid for.
        with anyio.CancelScope(shield=True):
            await self._studio.run_worker(self._stop, config.name, config)


@asynccontextmanager
async def hands_for(studio: "Studio") -> AsyncIterator[Hands]:
    """Inside, somebody works; at the end our own worker is gone, its running jobs finished."""
    async with anyio.create_task_group() as tasks:
        hands = Hands(studio, tasks)
        try:
            yield hands
        finally:
            hands.end()


async def takes_made(studio: "Studio", session: UUID, wanted: Collection[UUID], hands: Hands) -> "Session":
    """Wait until all `wanted` takes have come to an end, and show how far they are. The session then.

    Cancelled, it drops those that are still queued; a take under way finishes and is kept.
    """
    try:
        with progress("Generating") as show:
            return await _watch(studio, session, frozenset(wanted), hands, show)
    except anyio.get_cancelled_exc_class():
        with anyio.CancelScope(shield=True):
            dropped = await (await studio.generate()).cancel(session, wanted)
        say(
            f"{dropped.dropped} queued takes were dropped, {dropped.finishing} under way finish; "
            f"what was made is kept in session {session}."
        )
        raise


def refuse_failed(session: "Session", wanted: Collection[UUID]) -> None:
    """Raise `SpeechError` naming each of the `wanted` takes that has no audio, and why."""
    lines = [
        f"  {beat.beat_id} take {take.number}: {_reason(take)}"
        for beat in session.beats
        for take in beat.takes
        if take.id in wanted and take.status != "done"
    ]
    if lines:
        head = f"{len(lines)} of {len(wanted)} takes could not be made; the others are kept."
        raise SpeechError("\n".join([head, *lines]))


async def export_made(
    studio: "Studio", ask: "Callable[[], Awaitable[Asked]]", hands: Hands, out: Path
) -> "ExportRow":
    """Ask for an export, wait for it, and put its file at `out`. Raises what made it fail."""
    asked = await ask()
    while asked.already:
        # Somebody else's is under way, of other picks or options perhaps: ours is asked for after it.
        await _export_ended(studio, asked.id, hands)
        asked = await ask()
    row = await _export_ended(studio, asked.id, hands)
    if row.status != "done" or row.file_sha256 is None:
        raise _failure(row.error)
    await anyio.to_thread.run_sync(copy_out, studio.blobs.path(row.file_sha256), out)
    return row


async def _export_ended(studio: "Studio", export: UUID, hands: Hands) -> "ExportRow":
    with progress("Exporting") as show:
        while True:
            row = await studio.exports.get(export)
            show(row.progress, 1.0, f"{row.progress:.0%}")
            if row.status not in ("queued", "generating"):
                return row
            await hands.ensure()
            await anyio.sleep(_POLL_S)


async def _watch(
    studio: "Studio", session: UUID, wanted: frozenset[UUID], hands: Hands, show: Show
) -> "Session":
    while True:
        began = time.monotonic()
        held = await studio.sessions.get(session)
        takes = _of(held, wanted)
        open_takes = [take for take in takes.values() if take.status in ("queued", "generating")]
        total = sum(take.parts for take in takes.values())
        left = sum(take.parts - take.parts_done for take in open_takes)
        show(total - left, total, f"{len(takes) - len(open_takes)} of {len(takes)} takes")
        if not open_takes:
            return held
        await hands.ensure()
        await anyio.sleep(max(_POLL_S, _IDLE_SHARE * (time.monotonic() - began)))


def _reason(take: "Take") -> str:
    if take.status == "cancelled":
        return "It was dropped from the queue."
    return str((take.error or {}).get("message", "It failed."))


def _failure(error: Mapping[str, Any] | None) -> StudioError:
    """What a job wrote down of its failure, as the error it was."""
    told = error or {}
    kind = getattr(errors, str(told.get("code")), None)
    kind = kind if isinstance(kind, type) and issubclass(kind, StudioError) else StudioError
    return kind(str(told.get("message", "The export failed. Try again.")))


def _of(session: "Session", wanted: Collection[UUID]) -> "dict[UUID, Take]":
    return {take.id: take for beat in session.beats for take in beat.takes if take.id in wanted}
