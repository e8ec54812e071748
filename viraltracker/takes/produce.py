"""The work of one job: a take is made. Knows nothing about queues; what paying once takes is in `buying`.

The claim fences a worker that was taken for dead: it may still keep what it paid for, but it can't finish
the take.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID, uuid4

import anyio
import anyio.to_thread

from viraltracker.audio import Clip, encode_flac
from viraltracker.errors import SpeechError, StudioError
from viraltracker.speech import CONTINUITY, Synthesizer, Turn, latest
from viraltracker.takes.buying import POLL_S, Bought, Buyer, Part, error_json
from viraltracker.takes.finish import assemble, measure
from viraltracker.takes.judge import expected_ms
from viraltracker.takes.keys import heard_parts, part_requests
from viraltracker.takes.model import BeatPlan, PlannedSegment
from viraltracker.takes.ports import Blobs, Records, Slots
from viraltracker.takes.rows import judgement_json, plan_of

__all__ = ["LEASE_S", "Producer"]

LEASE_S = 6.0
"""How long a take stays a worker's without a sign of life; renewed three times in that span."""
_BYTES_PER_MS = 200
"""Roomy: what was bought and the take's own file, both 16 bit."""

A = TypeVar("A")
B = TypeVar("B")

logger = logging.getLogger("viraltracker.takes")


class _LostClaimError(Exception):
    """The take is not this run's any more."""


@dataclass(frozen=True, slots=True)
class Producer:
    """Makes takes with the engines and ports it was given."""

    engines: Mapping[str, Synthesizer]
    blobs: Blobs
    slots: Slots
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep

    async def make_take(self, records: Records, take: UUID, claim: UUID) -> None:
        """Make one take. Final failures are recorded, not raised; retryable ones are recorded and raised."""
        started = time.monotonic()
        while (held := await self._start(records, take, claim)) is not None:
            error = await self._make_leased(records, take, claim, plan_of(held["plan"]))
            facts = {"session": held["session"], "beat": held["beat_id"], "take": str(take)}
            if error is None:
                spent_ms = round((time.monotonic() - started) * 1000)
                logger.info("take.made", extra={"ms": spent_ms, **facts})
                return
            if isinstance(error, StudioError):
                logger.warning("take.failed", extra={"error": error.code, **facts})
                if await self._fail(records, take, claim, error):
                    return
            # Another worker's now, or nobody's: a crash of the database may have undone the start. Asked
            # again it tells whose, and what was bought by then is not bought again.
            logger.warning("take.lost", extra={**facts})

    async def _make_leased(
        self, records: Records, take: UUID, claim: UUID, plan: BeatPlan
    ) -> StudioError | _LostClaimError | None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._keep_lease, records, take, claim)
            try:
                # A paid call is never cut off by a worker that is asked to stop: its answer is kept first.
                with anyio.CancelScope(shield=True):
                    await self._make(records, take, claim, plan)
            except (StudioError, _LostClaimError) as failed:
                return failed
            finally:
                tasks.cancel_scope.cancel()
        return None

    async def give_up(self, records: Records, take: UUID, claim: UUID, error: StudioError) -> None:
        """The queue has tried often enough: the take fails with its last error."""
        held = await self._start(records, take, claim)
        if held is not None:
            await records.call(
                "studio_take_failed_v1", take=take, claim=claim, error=error_json(error), later=False
            )

    async def _start(self, records: Records, take: UUID, claim: UUID) -> Mapping[str, Any] | None:
        while True:
            answer: dict[str, Any] = await records.call(
                "studio_take_start_v1", take=take, claim=claim, lease_s=LEASE_S
            )
            if answer["go"]:
                return answer
            if answer["why"] != "busy":
                return None
            await self.sleep(min(float(answer["wait_s"]), POLL_S * 4))

    async def _keep_lease(self, records: Records, take: UUID, claim: UUID) -> None:
        while True:
            await anyio.sleep(LEASE_S / 3)
            try:
                await records.call("studio_take_renew_v1", take=take, claim=claim, lease_s=LEASE_S)
            except StudioError as failed:
                logger.warning("take.lease", extra={"take": str(take), "error": failed.code})

    async def _make(self, records: Records, take: UUID, claim: UUID, plan: BeatPlan) -> None:
        self.blobs.room_for(expected_ms(plan) * _BYTES_PER_MS)  # a full disk stops before anything is bought
        spoken = await self._spoken(records, take, claim, plan)
        clips = [bought.clip for bought in spoken]
        # The last part is still to be kept: that waits for disks, while the take is made on the processor.
        kept, made = await _both(self._buyer.keep(records, take, spoken[-1]), self._finished(plan, clips))
        if kept is not clips[-1]:
            made = await self._finished(plan, [*clips[:-1], kept])
        answer = await records.call("studio_take_done_v1", take=take, claim=claim, **made)
        if not answer["kept"]:
            raise _LostClaimError

    async def _finished(self, plan: BeatPlan, clips: Sequence[Clip]) -> dict[str, Any]:
        """The take made of its parts, its audio kept: what its row says of it."""
        clip = await anyio.to_thread.run_sync(assemble, plan, clips)
        (sha256, size), measured = await _both(
            self._packed(clip), anyio.to_thread.run_sync(measure, plan, clip)
        )
        return {
            "audio_sha256": sha256,
            "audio_bytes": size,
            "duration_ms": measured.duration_ms,
            "lufs": measured.lufs,
            "judgement": judgement_json(measured.judgement),
            "peaks": measured.peaks,
        }

    async def _packed(self, clip: Clip) -> tuple[str, int]:
        flac = await anyio.to_thread.run_sync(encode_flac, clip)
        return await self.blobs.put(flac), len(flac)

    async def audition(self, records: Records, plan: BeatPlan) -> tuple[str, int]:
        """Speak a test line that belongs to no take, bought once like all others: its FLAC's hash, its ms."""
        spoken = await self._spoken(records, None, uuid4(), plan)
        last = await self._buyer.keep(records, None, spoken[-1])
        clips = [*(bought.clip for bought in spoken[:-1]), last]
        clip = await anyio.to_thread.run_sync(assemble, plan, clips)
        return await self.shelve(records, clip), clip.duration_ms

    async def shelve(self, records: Records, clip: Clip) -> str:
        """Keep audio that belongs to no take until upkeep sweeps it: its FLAC's hash."""
        sha256, size = await self._packed(clip)
        await records.call("studio_blob_put_v1", sha256=sha256, bytes=size, media_type="audio/flac")
        return sha256

    async def _spoken(self, records: Records, take: UUID | None, claim: UUID, plan: BeatPlan) -> list[Bought]:
        """The plan's parts in order. All are kept but the last, which is for the caller to keep."""
        spoken: list[Bought] = []
        for part, before in zip(self._parts(plan), heard_parts(plan), strict=True):
            if spoken:
                spoken[-1] = Bought(spoken[-1].part, await self._buyer.keep(records, take, spoken[-1]))
            hearing = _hearing(part, [spoken[at] for at in before])
            bought = await self._buyer.buy(records, take, claim, hearing)
            if bought is None:
                raise _LostClaimError
            spoken.append(bought)
        return spoken

    def _parts(self, plan: BeatPlan) -> Iterator[Part]:
        asked = (
            (key, self._engine(segment), request)
            for segment in plan.segments
            for key, request in zip(segment.keys, part_requests(segment), strict=True)
        )
        for ordinal, (key, engine, request) in enumerate(asked):
            yield Part(ordinal, key, engine, request)

    @property
    def _buyer(self) -> Buyer:
        return Buyer(self.blobs, self.slots, self.sleep)

    def _engine(self, segment: PlannedSegment) -> Synthesizer:
        try:
            return self.engines[segment.engine]
        except KeyError:
            raise SpeechError(
                f'The engine "{segment.engine}" is not set up on this worker. '
                "Choose another on the Voices page."
            ) from None

    async def _fail(self, records: Records, take: UUID, claim: UUID, error: StudioError) -> bool:
        """Write the failure down; whether the take was still this run's. Raises what can be retried."""
        facts = error_json(error)
        answer: dict[str, Any] = await records.call(
            "studio_take_failed_v1", take=take, claim=claim, error=facts, later=error.retryable
        )
        if error.retryable:
            raise error
        return bool(answer["settled"])


def _hearing(part: Part, before: Sequence[Bought]) -> Part:
    """The part as its speaker says it who hears of its lines before what the knob allows."""
    request = part.request
    turns = [Turn(each.part.request.text, each.clip, each.part.request.speed) for each in before]
    said = latest(turns, request.options.get(CONTINUITY, 0.0))
    return replace(part, request=replace(request, said=said)) if said else part


async def _both(first: Awaitable[A], second: Awaitable[B]) -> tuple[A, B]:
    """Both at once, and both to their end; then the first's error is raised before the second's."""
    one, other = await asyncio.gather(first, second, return_exceptions=True)
    if isinstance(one, BaseException):
        raise one
    if isinstance(other, BaseException):
        raise other
    return one, other
