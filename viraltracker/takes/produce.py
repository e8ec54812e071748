"""The work of one job: a take is made. Knows the rules of paying once, nothing about queues.

Before a paid call an intent row stands in the database; an intent whose caller is gone is first looked up
in the provider's history. What was bought is kept before anything else can fail. The claim fences a worker
that was taken for dead: it may still keep what it paid for, but it can't finish the take.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import anyio

from viraltracker.audio import Clip, decode, encode_flac
from viraltracker.errors import OutcomeUnknown, SpeechError, StudioError
from viraltracker.speech import Speech, SpeechRequest, Synthesizer
from viraltracker.takes.finish import assemble, finish
from viraltracker.takes.model import BeatPlan, PlannedSegment
from viraltracker.takes.plan import part_requests
from viraltracker.takes.ports import Blobs, Records, Slots
from viraltracker.takes.rows import judgement_json, plan_of

__all__ = ["LEASE_S", "Producer"]

LEASE_S = 6.0
"""How long a take stays a worker's without a sign of life; renewed three times in that span."""
_POLL_S = 0.25
_MARGIN_S = 5.0
# An intent on a free engine guards against nothing but double work: a dead worker's line is made again at
# once.
_FREE_INTENT_S = 5.0

logger = logging.getLogger("viraltracker.takes")


class _LostClaimError(Exception):
    """Another worker has the take now."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One request of a take: where it stands, what it is called, who speaks it."""

    ordinal: int
    key: str
    engine: Synthesizer
    request: SpeechRequest


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
                "studio_take_failed_v1", take=take, claim=claim, error=_error_json(error), later=False
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
            await self.sleep(min(float(answer["wait_s"]), _POLL_S * 4))

    async def _keep_lease(self, records: Records, take: UUID, claim: UUID) -> None:
        while True:
            await anyio.sleep(LEASE_S / 3)
            try:
                await records.call("studio_take_renew_v1", take=take, claim=claim, lease_s=LEASE_S)
            except StudioError as failed:
                logger.warning("take.lease", extra={"take": str(take), "error": failed.code})

    async def _make(self, records: Records, take: UUID, claim: UUID, plan: BeatPlan) -> None:
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
        clips: list[list[Clip]] = []
        ordinal = 0
        for segment in plan.segments:
            spoken = []
            for key, request in zip(segment.keys, part_requests(segment), strict=True):
                part = _Part(ordinal, key, self._engine(segment), request)
                spoken.append(await self._part(records, take, claim, part))
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

    async def _part(self, records: Records, take: UUID | None, claim: UUID, part: _Part) -> Clip:
        capabilities = part.engine.capabilities
        async with AsyncExitStack() as stack:
            if capabilities.concurrency is not None:
                ttl_s = capabilities.timeout_s + _MARGIN_S
                await stack.enter_async_context(
                    self.slots.hold(capabilities.engine, capabilities.concurrency, ttl_s)
                )
            state = await self._begin(records, take, claim, part)
            if state["state"] == "done":
                return await self._stored(state)
            if state["state"] == "doubt":
                known = frozenset(state["known"])
                found = await self._recovered(part, datetime.fromisoformat(state["since"]), known)
                if found is not None:
                    return await self._keep(records, take, part, found)
                await self._may_call(records, claim, part)
            speech = await self._speak(records, take, claim, part)
        return await self._keep(records, take, part, speech)

    async def _begin(
        self, records: Records, take: UUID | None, claim: UUID, part: _Part
    ) -> Mapping[str, Any]:
        cost = part.engine.estimate(part.request)
        while True:
            answer: dict[str, Any] = await records.call(
                "studio_generation_begin_v1",
                take=take,
                claim=claim,
                ordinal=part.ordinal,
                key=part.key,
                engine=part.engine.capabilities.engine,
                model=part.request.model,
                voice=part.request.voice,
                characters=cost.characters,
                usd=cost.usd,
                timeout_s=_timeout(part),
            )
            if answer["state"] == "lost":
                raise _LostClaimError
            if answer["state"] != "wait":
                return answer
            await self.sleep(min(float(answer["wait_s"]), _POLL_S))

    async def _recovered(self, part: _Part, since: datetime, known: frozenset[str]) -> Speech | None:
        # A history knows neither seed nor attempt: a sibling take of the same text would fit as well.
        answers = await part.engine.recover(part.request, since)
        found = [speech for speech in answers if speech.request_id is None or speech.request_id not in known]
        if len(found) > 1:
            raise SpeechError(
                f"An earlier call for this line was cut off, and the provider's history holds {len(found)} "
                "answers that fit, so none was adopted. Look at the history there, then change a setting "
                "to buy a new one."
            )
        return found[0] if found else None

    async def _may_call(self, records: Records, claim: UUID, part: _Part) -> None:
        answer = await records.call(
            "studio_generation_call_v1", key=part.key, claim=claim, timeout_s=_timeout(part)
        )
        if answer["state"] == "lost":
            raise _LostClaimError

    async def _speak(self, records: Records, take: UUID | None, claim: UUID, part: _Part) -> Speech:
        try:
            return await part.engine.synthesize(part.request)
        except OutcomeUnknown:
            # The intent stays: the next attempt waits out the timeout and asks the history before it calls.
            raise
        except SpeechError as failed:
            await records.call(
                "studio_generation_failed_v1",
                take=take,
                key=part.key,
                claim=claim,
                error=_error_json(failed),
                charge=_charge_of(failed, part),
            )
            raise

    async def _keep(self, records: Records, take: UUID | None, part: _Part, speech: Speech) -> Clip:
        sha256 = await self.blobs.put(speech.payload)
        kept = await records.call(
            "studio_generation_done_v1",
            take=take,
            ordinal=part.ordinal,
            key=part.key,
            payload_sha256=sha256,
            media_type=speech.media_type,
            payload_bytes=len(speech.payload),
            duration_ms=speech.clip.duration_ms,
            request_id=speech.request_id,
            charge={"characters": speech.charged_characters, "usd": speech.usd, "exact": speech.exact},
            facts=dict(speech.facts),
        )
        return speech.clip if kept["payload_sha256"] == sha256 else await self._stored(kept)

    async def _stored(self, kept: Mapping[str, Any]) -> Clip:
        payload = await self.blobs.get(kept["payload_sha256"])
        return await anyio.to_thread.run_sync(decode, payload, kept["media_type"])

    async def _fail(self, records: Records, take: UUID, claim: UUID, error: StudioError) -> None:
        facts = _error_json(error)
        await records.call(
            "studio_take_failed_v1", take=take, claim=claim, error=facts, later=error.retryable
        )
        if error.retryable:
            raise error


def _timeout(part: _Part) -> float:
    capabilities = part.engine.capabilities
    return capabilities.timeout_s + _MARGIN_S if capabilities.price else _FREE_INTENT_S


def _error_json(error: StudioError) -> dict[str, Any]:
    return {"code": error.code, "message": error.message, "retryable": error.retryable}


def _charge_of(failed: SpeechError, part: _Part) -> dict[str, Any] | None:
    """What a useless answer cost all the same: its characters are the provider's word, the price is ours."""
    characters = int(failed.facts.get("charged_characters") or 0)
    if not characters:
        return None
    price = part.engine.capabilities.price
    usd = 0.0 if price is None else characters * price.usd_per_1000_chars / 1000
    return {"characters": characters, "usd": usd}
