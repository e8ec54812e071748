"""The ElevenLabs engine: one call, one line, one charge. Knows the port; the connection knows the network."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

import anyio.to_thread
from pydantic import SecretStr

from viraltracker.errors import NeedsKey, NonsenseAnswer, OutcomeUnknown, Refused, SpeechError
from viraltracker.speech.elevenlabs import account
from viraltracker.speech.elevenlabs.connection import KEY_NAME, Connection
from viraltracker.speech.elevenlabs.models import MAX_CHARS, MODELS, model_named
from viraltracker.speech.elevenlabs.wire import Answer, Format, Order, order_of, speech_of, whole
from viraltracker.speech.model import (
    Capabilities,
    Estimate,
    Health,
    Speech,
    SpeechRequest,
    Support,
    VoiceInfo,
)

if TYPE_CHECKING:
    from elevenlabs.client import AsyncElevenLabs

__all__ = ["ElevenLabsEngine"]

_CHUNK_BYTES: Final = 1 << 16
"""The SDK's own 1 KiB costs a trip through the event loop for each of them."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class ElevenLabsEngine:
    """Speaks with ElevenLabs. Without a key it says so; with one, every answer is decoded before it counts.

    `concurrency` is what the account's plan takes at once, over all workers. `timeout_s` is the whole call's.
    """

    def __init__(
        self,
        key: SecretStr | str | None,
        *,
        base_url: str = "https://api.elevenlabs.io",
        output_format: str = "mp3_44100_128",
        concurrency: int = 5,
        timeout_s: float = 60.0,
        connect_timeout_s: float = 10.0,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._connection = Connection(key, base_url, timeout_s, connect_timeout_s, now)
        self._format = Format.named(output_format)
        self._now = now
        first = MODELS[0]
        self._capabilities = Capabilities(
            engine="elevenlabs",
            title="ElevenLabs",
            repeatable=False,
            rate_hz=self._format.rate_hz,
            max_chars=MAX_CHARS,
            support=first.support,
            options={},
            models=tuple(model.id for model in MODELS),
            concurrency=concurrency,
            price=first.price,
            timeout_s=timeout_s,
        )

    @property
    def capabilities(self) -> Capabilities:
        """See `Synthesizer`. `support` and `price` are the first model's."""
        return self._capabilities

    def support(self, model: str | None) -> Mapping[str, Support]:
        """See `Synthesizer`."""
        return model_named(model).support

    def options(self, model: str | None) -> Mapping[str, tuple[float, float]]:
        """See `Synthesizer`. The same for all models."""
        return self._capabilities.options

    def estimate(self, request: SpeechRequest) -> Estimate:
        """See `Synthesizer`. Characters are those the account is charged; dollars are the list price."""
        order = order_of(request)
        return Estimate(order.credits, order.usd, exact=False, price_checked=order.model.price.checked)

    async def synthesize(self, request: SpeechRequest) -> Speech:
        """See `Synthesizer`. Raises every `SpeechError` there is; `OutcomeUnknown` may have been charged."""
        order = order_of(request)
        answer = await self._connection.paid(lambda client: self._speak(client, order), order)
        return await anyio.to_thread.run_sync(speech_of, answer, order, self._format)

    async def recover(self, request: SpeechRequest, since: datetime) -> tuple[Speech, ...]:
        """See `Synthesizer`. Looks through the account's history, oldest first; free.

        `since` is a moment before the call by a clock that agrees with the provider's. A match's `request_id`
        tells it from calls that ended well.
        """
        order = order_of(request)
        found = await self._connection.free(lambda client: account.found(client, order, since), order)
        bought = [await self._bought(order, item) for item in reversed(found)]
        return tuple(speech for speech in bought if speech is not None)

    async def voices(self) -> tuple[VoiceInfo, ...]:
        """See `Synthesizer`. The account's voices; none without a key."""
        return await self._connection.free(account.voices) if self._connection.has_key else ()

    async def health(self) -> Health:
        """See `Synthesizer`. Asks the account for its credit."""
        if not self._connection.has_key:
            return Health(False, f"no key: set {KEY_NAME} and start the studio again", needs=KEY_NAME)
        try:
            plan = await self._connection.free(account.subscription)
        except NeedsKey as problem:
            if problem.facts.get("reason") == "missing_permissions":
                return Health(True, "the key may speak, but not read the account's credit")
            return Health(False, problem.message, needs=KEY_NAME)
        except SpeechError as problem:
            return Health(False, problem.message)
        left = max(0, plan.character_limit - plan.character_count)
        at_once = account.CONCURRENCY.get(plan.tier)
        more = f" · {at_once} at once" if at_once else ""
        return Health(
            True, f"{plan.tier} · {left:,} characters left{more}", characters_left=left, concurrency=at_once
        )

    async def usage(self) -> account.Usage:
        """What the account used, by day where the key may read that. Raises `SpeechError`."""
        plan = await self._connection.free(account.subscription)
        try:
            daily = await self._connection.free(lambda client: account.daily_usage(client, self._now()))
        except (NeedsKey, Refused, NonsenseAnswer):
            daily = ()
        reset = plan.next_character_count_reset_unix
        return account.Usage(
            plan.tier,
            plan.character_count,
            plan.character_limit,
            datetime.fromtimestamp(reset, UTC) if reset else None,
            daily,
        )

    async def aclose(self) -> None:
        """Close the connections. Safe to call twice; a later call opens new ones."""
        await self._connection.aclose()

    async def _speak(self, client: "AsyncElevenLabs", order: Order) -> Answer:
        from elevenlabs.types.voice_settings import VoiceSettings

        optional: dict[str, Any] = {
            "seed": order.seed,
            "previous_text": order.previous_text,
            "next_text": order.next_text,
        }
        async with client.text_to_speech.with_raw_response.convert(
            order.voice,
            text=order.text,
            model_id=order.model.id,
            output_format=self._format.name,
            voice_settings=VoiceSettings(**cast("Any", order.settings)),
            request_options={"chunk_size": _CHUNK_BYTES},
            **{name: value for name, value in optional.items() if value is not None},
        ) as response:
            return Answer(response.headers, await whole(response.data))

    async def _bought(self, order: Order, item: account.HistoryItem) -> Speech | None:
        """A history item's audio; None where the provider itself holds nothing that can be heard."""
        answer = await self._connection.free(lambda client: account.download(client, item), order)
        try:
            return await anyio.to_thread.run_sync(speech_of, answer, order, self._format)
        except (NonsenseAnswer, OutcomeUnknown):
            return None
