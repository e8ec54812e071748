"""The way to a speech server: address, key, deadlines, bodies as they come, failures turned into our errors.

Errors are raised outside of the handlers that catch httpx's: those carry the request, whose headers hold the
key, and must not hang on our errors as their context. Redirects are not followed: the key would go along.
"""

import json
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from datetime import datetime
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

import anyio
import httpx
from pydantic import SecretStr

from viraltracker.errors import NonsenseAnswer, SettingsRefused, SpeechError
from viraltracker.speech.openai.problems import Asked, SettingNames, of_exception, of_status, too_slow

__all__ = ["Connection"]

_LIMITS: Final = httpx.Limits(max_connections=None, max_keepalive_connections=0)
"""A connection for each call: one kept open may be closed by the other side just as a line goes out. A server
in one's own network costs a millisecond for it."""
_LIST_TIMEOUT_S: Final = 10.0
_LONGEST_LIST_BYTES: Final = 4 << 20
_LONGEST_REFUSAL_BYTES: Final = 1 << 16
_NOT_OFFERED: Final = frozenset({404, 405, 501})


class Connection:
    """Asks one server. `timeout_s`: a whole line's, start to end; of a stream, the longest silence."""

    def __init__(
        self,
        url: str,
        key: SecretStr | None,
        named: SettingNames,
        timeout_s: float,
        connect_timeout_s: float,
        now: Callable[[], datetime],
    ) -> None:
        self._root = _root(url, named)
        self._key = _secret(key, named)
        self._timeout_s = timeout_s
        self._connect_timeout_s = min(connect_timeout_s, timeout_s)
        self._now = now
        self._client: httpx.AsyncClient | None = None
        secrets = () if self._key is None else (self._key.get_secret_value(),)
        self.asked = Asked(named, keyed=self._key is not None, secrets=secrets)

    @property
    def host(self) -> str:
        """Whom it asks."""
        return urlsplit(self._root).hostname or ""

    async def listed(self, path: str) -> object | None:
        """What the server lists there; None where it doesn't offer such a list. Raises `SpeechError`."""
        body = bytearray()
        limit_s = min(_LIST_TIMEOUT_S, self._timeout_s)
        with anyio.move_on_after(limit_s) as limit:
            async with aclosing(self._answer("GET", path, None, self.asked, _NOT_OFFERED)) as pieces:
                async for _, chunk in pieces:
                    body += chunk
                    if len(body) > _LONGEST_LIST_BYTES:
                        raise NonsenseAnswer("The speech server's list has no end. Look at its address.")
        if limit.cancelled_caught:
            raise too_slow(f"no list within {limit_s:g} s")
        return self._parsed(bytes(body)) if body else None

    def spoken(self, order: Mapping[str, Any], asked: Asked) -> AsyncGenerator[tuple[str, bytes]]:
        """The answer's content type with each of its chunks. Closing it closes the connection at once."""
        return self._answer("POST", "audio/speech", order, asked, frozenset())

    async def aclose(self) -> None:
        """Close the connections. Safe to call twice; a later call opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _answer(
        self,
        method: str,
        path: str,
        order: Mapping[str, Any] | None,
        asked: Asked,
        not_offered: frozenset[int],
    ) -> AsyncGenerator[tuple[str, bytes]]:
        failure: SpeechError | None = None
        begun = False
        try:
            async with self._ready().stream(method, f"{self._root}/{path}", json=order) as response:
                if response.status_code == httpx.codes.OK:
                    said = response.headers.get("content-type", "")
                    async for chunk in response.aiter_bytes():
                        begun = True
                        yield said, chunk
                elif response.status_code not in not_offered:
                    body = await _beginning(response)
                    failure = of_status(response.status_code, response.headers, body, asked, self._now())
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as problem:
            failure = of_exception(problem, asked, begun=begun)
        if failure is not None:
            raise failure

    def _ready(self) -> httpx.AsyncClient:
        if self._client is None:
            headers = {"accept-encoding": "identity"}
            if self._key is not None:
                headers["authorization"] = f"Bearer {self._key.get_secret_value()}"
            self._client = httpx.AsyncClient(
                headers=headers,
                timeout=httpx.Timeout(self._timeout_s, connect=self._connect_timeout_s),
                follow_redirects=False,
                limits=_LIMITS,
                verify=_tls(),
            )
        return self._client

    def _parsed(self, body: bytes) -> object:
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            pass
        raise NonsenseAnswer(
            "What answers there is no speech server: it sends no lists. "
            f"Look at {self.asked.named.url}; it looks like http://127.0.0.1:8880/v1."
        )


async def _beginning(response: httpx.Response) -> bytes:
    """Enough of a refusal to read its words."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > _LONGEST_REFUSAL_BYTES:
            break
    return bytes(body)


@cache
def _tls() -> ssl.SSLContext:
    """Made once: reading the authorities' certificates takes about 30 ms."""
    return httpx.create_ssl_context()


def _root(url: str, named: SettingNames) -> str:
    """The address up to the version, which is put there where it is missing. Raises `SettingsRefused`."""
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        usable = usable and not (parts.query or parts.fragment)
    except ValueError:
        usable = False
    if not usable:
        raise SettingsRefused(f"{named.url} is no web address. It looks like http://127.0.0.1:8880/v1.")
    path = parts.path.rstrip("/")
    return url.strip().rstrip("/") + ("" if path else "/v1")


def _secret(key: SecretStr | None, named: SettingNames) -> SecretStr | None:
    """The key without blanks around it; an empty one is none. Raises `SettingsRefused`, never showing it."""
    value = "" if key is None else key.get_secret_value().strip()
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise SettingsRefused(f"{named.key} holds a character that no key has. Copy the key again.")
    return SecretStr(value) if value else None
