"""The way to ElevenLabs: the key, the address, the SDK's client, deadlines, failures turned into our errors.

The SDK's async client is used as it is: a call then needs no thread, is cut off at its deadline at once, and
closes its connection. The SDK never retries the call that speaks, and is told not to retry the others: that
is the jobs' part.

Errors are raised outside of the handlers that catch the vendor's: those carry the request, whose headers hold
the key, and must not hang on our errors as their context.
"""

import ssl
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar, cast
from urllib.parse import urlsplit

import anyio
import httpx
from elevenlabs.core.api_error import ApiError
from elevenlabs.core.parse_error import ParsingError
from pydantic import SecretStr

from viraltracker.errors import NeedsKey, SettingsRefused, SpeechError
from viraltracker.speech.elevenlabs.problems import Asked, of_exception, too_slow
from viraltracker.speech.elevenlabs.wire import Order

if TYPE_CHECKING:
    from elevenlabs.client import AsyncElevenLabs

__all__ = ["KEY_NAME", "Connection"]

KEY_NAME: Final = "ELEVENLABS_API_KEY"
_LIMITS: Final = httpx.Limits(max_connections=None, max_keepalive_connections=0)
"""A connection for each call: one kept open may be closed by the other side just as a line goes out, which
looks like a paid call that broke off. Costs a handshake a line, about a tenth of what speaking one takes."""
_ACCOUNT_TIMEOUT_S: Final = 20.0

_Result = TypeVar("_Result")


class Connection:
    """Asks ElevenLabs with a key, or says that there is none. `timeout_s` is a paid call's, start to end."""

    def __init__(
        self,
        key: SecretStr | str | None,
        base_url: str,
        timeout_s: float,
        connect_timeout_s: float,
        now: Callable[[], datetime],
    ) -> None:
        self._key = _secret(key)
        self._base_url = _address(base_url)
        self._timeout_s = timeout_s
        self._connect_timeout_s = min(connect_timeout_s, timeout_s)
        self._now = now
        self._http: httpx.AsyncClient | None = None
        self._client: AsyncElevenLabs | None = None

    @property
    def has_key(self) -> bool:
        """Whether anything can be asked at all."""
        return self._key is not None

    async def paid(self, ask: "Callable[[AsyncElevenLabs], Awaitable[_Result]]", order: Order) -> _Result:
        """A call that is charged. Raises `SpeechError`; `OutcomeUnknown` where it is in doubt."""
        asked = Asked(paid=True, voice=order.voice, secrets=(*self._secrets(), order.text))
        return await self._asked(ask, asked, self._timeout_s)

    async def free(
        self, ask: "Callable[[AsyncElevenLabs], Awaitable[_Result]]", order: Order | None = None
    ) -> _Result:
        """A call that costs nothing. Raises `SpeechError`, never `OutcomeUnknown`."""
        spoken = () if order is None else (order.text,)
        asked = Asked(paid=False, secrets=(*self._secrets(), *spoken))
        return await self._asked(ask, asked, _ACCOUNT_TIMEOUT_S)

    async def aclose(self) -> None:
        """Close the connections. Safe to call twice; a later call opens new ones."""
        http, self._http, self._client = self._http, None, None
        if http is not None:
            await http.aclose()

    async def _asked(
        self, ask: "Callable[[AsyncElevenLabs], Awaitable[_Result]]", asked: Asked, timeout_s: float
    ) -> _Result:
        client = self._ready()
        failure: SpeechError
        try:
            with anyio.fail_after(timeout_s):
                return await ask(client)
        except TimeoutError:
            failure = too_slow(asked, timeout_s)
        except (ApiError, ParsingError, httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as problem:
            failure = of_exception(problem, asked, self._now())
        raise failure

    def _ready(self) -> "AsyncElevenLabs":
        """The SDK's client, made at the first call. Raises `NeedsKey`."""
        if self._key is None:
            raise NeedsKey(
                f"ElevenLabs needs a key. Set {KEY_NAME}, or switch the character to another engine."
            )
        if self._client is None:
            from elevenlabs.client import AsyncElevenLabs  # 0.5 s: only who speaks with it pays

            limits = httpx.Timeout(self._timeout_s, connect=self._connect_timeout_s)
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

    def _secrets(self) -> tuple[str, ...]:
        return () if self._key is None else (self._key.get_secret_value(),)


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
        raise SettingsRefused(f"{KEY_NAME} holds a character that no key has. Copy the key again.")
    return SecretStr(value) if value else None
