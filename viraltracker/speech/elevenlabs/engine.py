"""The ElevenLabs engine: one call, one line, one charge. Knows the port and the SDK's async client.

The async client is used as it is: a call then needs no thread, is cut off at its deadline at once, and closes
its connection. The SDK never retries the call that speaks, and is told not to retry the others: jobs do that.

Errors are raised outside of the handlers that catch the vendor's: those carry the request, whose headers hold
the key, and must not hang on our errors as their context.
"""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
import httpx
from elevenlabs.core.api_error import ApiError
from elevenlabs.core.parse_error import ParsingError
from pydantic import SecretStr

from viraltracker.errors import (
    NeedsKey,
    NonsenseAnswer,
    OutcomeUnknown,
    Refused,
    SettingsRefused,
    SpeechError,
)
from viraltracker.speech.elevenlabs import account
from viraltracker.speech.elevenlabs.models import MAX_CHARS, MODELS, model_named
from viraltracker.speech.elevenlabs.problems import Asked, of_exception, too_slow
from viraltracker.speech.elevenlabs.wire import Answer, Format, Order, order_of, speech_of
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

_KEY_NAME: Final = "ELEVENLABS_API_KEY"
_LARGEST_BYTES: Final = 64 << 20
"""Ten minutes of the largest format are 53 MB; what is larger is no answer to a line."""
_CHUNK_BYTES: Final = 1 << 16
"""The SDK's own 1 KiB costs a trip through the event loop for each of them."""
_LIMITS: Final = httpx.Limits(max_connections=None, max_keepalive_connections=0)
"""A connection for each call: one kept open may be closed by the other side just as a line goes out, which
looks like a paid call that broke off. Costs a handshake a line, about a tenth of what speaking one takes."""
_ACCOUNT_TIMEOUT_S: Final = 20.0

_Result = TypeVar("_Result")


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
        self._key = _secret(key)
        self._base_url = _address(base_url)
        self._format = Format.named(output_format)
        self._timeout_s = timeout_s
        self._connect_timeout_s = connect_timeout_s
        self._now = now
        self._http: httpx.AsyncClient | None = None
        self._client: AsyncElevenLabs | None = None
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

    def estimate(self, request: SpeechRequest) -> Estimate:
        """See `Synthesizer`. Characters are those the account is charged; dollars are the list price."""
        order = order_of(request)
        return Estimate(order.credits, order.usd, exact=False, price_checked=order.model.price.checked)

    async def synthesize(self, request: SpeechRequest) -> Speech:
        """See `Synthesizer`. Raises every `SpeechError` there is; `OutcomeUnknown` may have been charged."""
        order = order_of(request)
        client = self._ready()
        asked = Asked(paid=True, voice=order.voice, secrets=self._secrets(order))
        answer = await self._asked(lambda: self._speak(client, order), asked, self._timeout_s)
        return await anyio.to_thread.run_sync(speech_of, answer, order, self._format)

    async def recover(self, request: SpeechRequest, since: datetime) -> tuple[Speech, ...]:
        """See `Synthesizer`. Looks through the account's history, oldest first; free.

        `since` is a moment before the call by a clock that agrees with the provider's. A match's `request_id`
        tells it from calls that ended well.
        """
        order = order_of(request)
        client = self._ready()
        found = await self._about(lambda: self._matches(client, order, since), order)
        bought = [await self._bought(client, order, item) for item in reversed(found)]
        return tuple(speech for speech in bought if speech is not None)

    async def voices(self) -> tuple[VoiceInfo, ...]:
        """See `Synthesizer`. The account's voices; none without a key."""
        if self._key is None:
            return ()
        client = self._ready()
        return await self._about(lambda: account.voices(client))

    async def health(self) -> Health:
        """See `Synthesizer`. Asks the account for its credit."""
        if self._key is None:
            return Health(False, f"no key: set {_KEY_NAME} and start the studio again", needs=_KEY_NAME)
        client = self._ready()
        try:
            plan = await self._about(lambda: account.subscription(client))
        except NeedsKey as problem:
            if problem.facts.get("reason") == "missing_permissions":
                return Health(True, "the key may speak, but not read the account's credit")
            return Health(False, problem.message, needs=_KEY_NAME)
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
        client = self._ready()
        plan = await self._about(lambda: account.subscription(client))
        try:
            daily = await self._about(lambda: account.daily_usage(client, self._now()))
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
        http, self._http, self._client = self._http, None, None
        if http is not None:
            await http.aclose()

    def _ready(self) -> "AsyncElevenLabs":
        """The SDK's client, made at the first call. Raises `NeedsKey`."""
        if self._key is None:
            raise NeedsKey(
                f"ElevenLabs needs a key. Set {_KEY_NAME}, or switch the character to another engine."
            )
        if self._client is None:
            from elevenlabs.client import AsyncElevenLabs  # 0.5 s: only who speaks with it pays

            limits = httpx.Timeout(self._timeout_s, connect=min(self._connect_timeout_s, self._timeout_s))
            # No redirects: the SDK's key header would travel along to whatever host they name.
            self._http = httpx.AsyncClient(
                timeout=limits, follow_redirects=False, limits=_LIMITS, verify=_tls()
            )
            self._client = AsyncElevenLabs(
                api_key=self._key.get_secret_value(),
                base_url=self._base_url,
                # Handed to httpx as it is; a plain number would be the limit for connecting too.
                timeout=cast("float", limits),
                httpx_client=self._http,
            )
        return self._client

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
            return Answer(response.headers, await _whole(response.data))

    async def _matches(
        self, client: "AsyncElevenLabs", order: Order, since: datetime
    ) -> list[account.HistoryItem]:
        items = account.history(client, order, since)
        return [item async for item in items if account.matches(item, order, since)]

    async def _bought(
        self, client: "AsyncElevenLabs", order: Order, item: account.HistoryItem
    ) -> Speech | None:
        """A history item's audio; None where the provider itself holds nothing that can be heard."""
        answer = await self._about(lambda: account.download(client, item), order)
        try:
            return await anyio.to_thread.run_sync(speech_of, answer, order, self._format)
        except (NonsenseAnswer, OutcomeUnknown):
            return None

    async def _about(self, ask: Callable[[], Awaitable[_Result]], order: Order | None = None) -> _Result:
        """A free question."""
        return await self._asked(ask, Asked(paid=False, secrets=self._secrets(order)), _ACCOUNT_TIMEOUT_S)

    async def _asked(self, ask: Callable[[], Awaitable[_Result]], asked: Asked, timeout_s: float) -> _Result:
        failure: SpeechError
        try:
            with anyio.fail_after(timeout_s):
                return await ask()
        except TimeoutError:
            failure = too_slow(asked, timeout_s)
        except (ApiError, ParsingError, httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as problem:
            failure = of_exception(problem, asked, self._now())
        raise failure

    def _secrets(self, order: Order | None) -> tuple[str, ...]:
        key = "" if self._key is None else self._key.get_secret_value()
        return (key, order.text) if order else (key,)


async def _whole(chunks: AsyncIterator[bytes]) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > _LARGEST_BYTES:
            raise NonsenseAnswer("ElevenLabs sent more audio than a line can be; nothing of it was kept.")
    return bytes(body)


@cache
def _tls() -> ssl.SSLContext:
    """Made once: reading the authorities' certificates takes about 30 ms."""
    return httpx.create_ssl_context()


def _address(url: str) -> str:
    """The address to ask. Raises `SettingsRefused` for what is none; which may be asked, the settings say."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingsRefused(
            "ELEVENLABS_BASE_URL is no web address. It looks like https://api.elevenlabs.io."
        )
    return url


def _secret(key: SecretStr | str | None) -> SecretStr | None:
    """The key without blanks around it; an empty one is none. Raises `SettingsRefused`, never showing it."""
    value = key.get_secret_value().strip() if isinstance(key, SecretStr) else (key or "").strip()
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise SettingsRefused(f"{_KEY_NAME} holds a character that no key has. Copy the key again.")
    return SecretStr(value) if value else None
