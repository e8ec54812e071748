"""The work of one job: a take is made. Knows nothing about queues; what paying once takes is in `buying`.

The claim fences a worker that was taken for dead: it may still keep what it paid for, but it can't finish
the take.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import anyio
import anyio.to_thread

from viraltracker.audio import Clip, encode_flac
from viraltracker.errors import SpeechError, StudioError
from viraltracker.speech import Synthesizer
from viraltracker.takes.buying import POLL_S, Buyer, Part, error_json
from viraltracker.takes.finish import assemble, finish
from viraltracker.takes.judge import expected_ms
from viraltracker.takes.model import BeatPlan, PlannedSegment
from viraltracker.takes.plan import part_requests
from viraltracker.takes.ports import Blobs, Records, Slots
from viraltracker.takes.rows import judgement_json, plan_of

__all__ = ["LEASE_S", "Producer"]

LEASE_S = 6.0
"""How long a take stays a worker's without a sign of life; renewed three times in that span."""
_BYTES_PER_MS = 200
"""Roomy: what was bought and the take's own file, both 16 bit."""

logger = logging.getLogger("viraltracker.takes")


class _LostClaimError(Exception):
    """Another worker has the take now."""


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
        held = await self._start(records, take, claim)
        if held is None:
            return
        error = await self._make_leased(records, take, claim, plan_of(held["plan"]))
        facts = {"session": held["session"], "beat": held["beat_id"], "take": str(take)}
        spent_ms = round((time.monotonic() - started) * 1000)
        if error is None:
            logger.info("take.made", extra={"ms": spent_ms, **facts})
        elif isinstance(error, StudioError):
            logger.warning("take.failed", extra={"error": error.code, **facts})
            await self._fail(records, take, claim, error)
        else:
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
        clips = await self._spoken(records, take, claim, plan)
        made = await anyio.to_thread.run_sync(finish, plan, clips)
        answer = await records.call(
            "studio_take_done_v1",
            take=take,
            claim=claim,
            audio_sha256=await self.blobs.put(made.flac),
            audio_bytes=len(made.flac),
            duration_ms=made.duration_ms,
            lufs=made.lufs,
            judgement=judgement_json(made.judgement),
            peaks=made.peaks,
        )
        if not answer["kept"]:
            raise _LostClaimError

    async def audition(self, records: Records, plan: BeatPlan) -> tuple[str, int]:
        """Speak a test line that belongs to no take, bought once like all others: its FLAC's hash, its ms."""
        clips = await self._spoken(records, None, uuid4(), plan)
        clip = await anyio.to_thread.run_sync(assemble, plan, clips)
        flac = await anyio.to_thread.run_sync(encode_flac, clip)
        sha256 = await self.blobs.put(flac)
        await records.call("studio_blob_put_v1", sha256=sha256, bytes=len(flac), media_type="audio/flac")
        return sha256, clip.duration_ms

    async def _spoken(
        self, records: Records, take: UUID | None, claim: UUID, plan: BeatPlan
    ) -> list[list[Clip]]:
        buyer = Buyer(self.blobs, self.slots, self.sleep)
        clips: list[list[Clip]] = []
        ordinal = 0
        for segment in plan.segments:
            spoken = []
            for key, request in zip(segment.keys, part_requests(segment), strict=True):
                part = Part(ordinal, key, self._engine(segment), request)
                clip = await buyer.buy(records, take, claim, part)
                if clip is None:
                    raise _LostClaimError
                spoken.append(clip)
                ordinal += 1
            clips.append(spoken)
        return clips

    def _engine(self, segment: PlannedSegment) -> Synthesizer:
        try:
            return self.engines[segment.engine]
        except KeyError:
            raise SpeechError(
                f'The engine "{segment.engine}" is not set up on this worker. '
                "Choose another on the Voices page."
            ) from None

    async def _fail(self, records: Records, take: UUID, claim: UUID, error: StudioError) -> None:
        facts = error_json(error)
        await records.call(
            "studio_take_failed_v1", take=take, claim=claim, error=facts, later=error.retryable
        )
        if error.retryable:
            raise error
