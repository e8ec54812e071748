"""A part of a take is bought, once: looked up, waited for, adopted from a history, or paid for and kept.

Before a paid call an intent row stands in the database; an intent whose caller is gone is first looked up
in the provider's history. What was bought is kept before anything else can fail.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import anyio
import anyio.to_thread

from viraltracker.audio import Clip, decode
from viraltracker.errors import OutcomeUnknown, SpeechError, StoreDown, StudioError
from viraltracker.speech import Speech, SpeechRequest, Synthesizer
from viraltracker.takes.ports import Blobs, Records, Slots

__all__ = ["POLL_S", "Buyer", "Part", "error_json"]

POLL_S = 0.25
"""How often one looks again at what somebody else is doing."""
_MARGIN_S = 5.0
# An intent on a free engine guards against nothing but double work: a dead worker's line is made again at
# once.
_FREE_INTENT_S = 5.0
# A history tells the provider's time, an intent the database's. What other generations hold is not adopted,
# so looking further back costs nothing.
_CLOCKS_APART = timedelta(minutes=2)

logger = logging.getLogger("viraltracker.takes")


@dataclass(frozen=True, slots=True)
class Part:
    """One request of a take: where it stands, what it is called, who speaks it."""

    ordinal: int
    key: str
    engine: Synthesizer
    request: SpeechRequest


@dataclass(frozen=True, slots=True)
class Buyer:
    """Buys parts of takes, each generation once over all workers."""

    blobs: Blobs
    slots: Slots
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep

    async def buy(self, records: Records, take: UUID | None, claim: UUID, part: Part) -> Clip | None:
        """The part's audio, made now or long ago; None: another worker has the take. Raises `SpeechError`."""
        capabilities = part.engine.capabilities
        ttl_s = capabilities.timeout_s + _MARGIN_S
        while True:
            async with self.slots.hold(capabilities.engine, capabilities.concurrency, ttl_s):
                state = await self._begin(records, take, claim, part)
                speech = await self._bought(records, take, claim, part, state)
            if speech is not None:
                return await self._keep(records, take, part, speech)
            if state["state"] == "done":
                return await self._stored(state)
            if state["state"] == "lost":
                return None
            # Somebody else's call may still come back. Nobody waits for that in a provider's slot.
            await self.sleep(min(float(state.get("wait_s", POLL_S)), POLL_S))

    async def _begin(self, records: Records, take: UUID | None, claim: UUID, part: Part) -> Mapping[str, Any]:
        cost = part.engine.estimate(part.request)
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
        return answer

    async def _bought(
        self, records: Records, take: UUID | None, claim: UUID, part: Part, state: Mapping[str, Any]
    ) -> Speech | None:
        """The part's audio from a call, or from the history in a doubt; None when it is not ours to make."""
        if state["state"] == "doubt":
            found = await self._recovered(part, datetime.fromisoformat(state["since"]), state["known"])
            cleared = await self._cleared(records, claim, part, found)
            if cleared == "adopted":
                return found
            if cleared == "lost":  # it took so long that another has the doubt to clear now
                return None
        elif state["state"] != "call":
            return None
        return await self._speak(records, take, claim, part)

    async def _recovered(self, part: Part, since: datetime, known: Collection[str]) -> Speech | None:
        # A history knows neither seed nor attempt: a sibling take of the same text would fit as well.
        answers = await part.engine.recover(part.request, since - _CLOCKS_APART)
        found = [speech for speech in answers if speech.request_id is None or speech.request_id not in known]
        if len(found) > 1:
            raise SpeechError(
                f"An earlier call for this line was cut off, and the provider's history holds {len(found)} "
                "answers that fit, so none was adopted. Look at the history there, then change a setting "
                "to buy a new one."
            )
        return found[0] if found else None

    async def _cleared(self, records: Records, claim: UUID, part: Part, found: Speech | None) -> str:
        """How a doubt ends: what was found is "adopted", the "call" may be made, or the doubt is "lost"."""
        if found is not None:
            if found.request_id is None:
                return "adopted"
            adoption = await records.call(
                "studio_generation_adopt_v1", key=part.key, claim=claim, request_id=found.request_id
            )
            if adoption["state"] != "taken":  # a sibling in doubt was quicker, and there was but this one
                return str(adoption["state"])
        cleared = await records.call(
            "studio_generation_call_v1", key=part.key, claim=claim, timeout_s=_timeout(part)
        )
        return str(cleared["state"])

    async def _speak(self, records: Records, take: UUID | None, claim: UUID, part: Part) -> Speech:
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
                error=error_json(failed),
                charge=_charge_of(failed, part),
            )
            raise

    async def _keep(self, records: Records, take: UUID | None, part: Part, speech: Speech) -> Clip:
        sha256 = await self.blobs.put(speech.payload)
        charge = {"characters": speech.charged_characters, "usd": speech.usd, "exact": speech.exact}
        kept = await self._written(
            records,
            part,
            take=take,
            ordinal=part.ordinal,
            key=part.key,
            payload_sha256=sha256,
            media_type=speech.media_type,
            payload_bytes=len(speech.payload),
            duration_ms=speech.clip.duration_ms,
            request_id=speech.request_id,
            charge={**charge, "receipt": str(uuid4())},
            facts=dict(speech.facts),
        )
        return speech.clip if kept["payload_sha256"] == sha256 else await self._stored(kept)

    async def _written(self, records: Records, part: Part, **bought: Any) -> Mapping[str, Any]:
        """Write down what was bought, through an outage too; the receipt makes it one charge."""
        until = time.monotonic() + _timeout(part)
        while True:
            try:
                kept: dict[str, Any] = await records.call("studio_generation_done_v1", **bought)
            except StoreDown as failed:
                if time.monotonic() > until:
                    raise
                logger.warning("take.unkept", extra={"error": failed.code})
                await self.sleep(POLL_S)
            else:
                return kept

    async def _stored(self, kept: Mapping[str, Any]) -> Clip:
        payload = await self.blobs.get(kept["payload_sha256"])
        return await anyio.to_thread.run_sync(decode, payload, kept["media_type"])


def _timeout(part: Part) -> float:
    capabilities = part.engine.capabilities
    return capabilities.timeout_s + _MARGIN_S if capabilities.price else _FREE_INTENT_S


def error_json(error: StudioError) -> dict[str, Any]:
    """An error as it is kept in a row."""
    return {"code": error.code, "message": error.message, "retryable": error.retryable}


def _charge_of(failed: SpeechError, part: Part) -> dict[str, Any] | None:
    """What a useless answer cost all the same: its characters are the provider's word, the price is ours."""
    characters = int(failed.facts.get("charged_characters") or 0)
    if not characters:
        return None
    price = part.engine.capabilities.price
    usd = 0.0 if price is None else characters * price.usd_per_1000_chars / 1000
    return {"characters": characters, "usd": usd}
