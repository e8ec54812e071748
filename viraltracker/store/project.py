"""A Supabase project as the studio reaches it: one connection pool, and a token for whoever is acted for.

The studio signs the tokens itself, with the project's JWT secret, so that row level security decides what
each of its users may have. The public key (anon or publishable) only opens the door.
"""

import json
import time
from collections import OrderedDict
from collections.abc import Callable

import httpx
import jwt
from pydantic import SecretStr

__all__ = ["Project"]

_TOKEN_S = 300
# A token is not used for its last minute: the call may wait, and two machines' clocks differ.
_SPARE_S = 60
_TOKENS_MAX = 1_000
_CONNECT_S = 5.0


class Project:
    """Where a project is and how it is asked. Open it with `async with`; it outlives what is built on it."""

    def __init__(
        self, url: str, key: SecretStr, jwt_secret: SecretStr, *, clock: Callable[[], float] = time.time
    ) -> None:
        """`url` is `https://<project>.supabase.co`, `key` its public key; `clock` seconds since 1970."""
        self.url = url.rstrip("/")
        self.key = key
        self._secret, self._clock = jwt_secret, clock
        self._tokens: OrderedDict[str, tuple[float, str]] = OrderedDict()
        # Redirects would carry a token to wherever they point.
        self.http = httpx.AsyncClient(timeout=httpx.Timeout(30, connect=_CONNECT_S), follow_redirects=False)

    async def __aenter__(self) -> "Project":
        """Doesn't wait for Supabase: the first call does."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every connection."""
        await self.http.aclose()

    def headers(self, claims: str) -> dict[str, str]:
        """What a request under these claims (JSON, role included) must carry."""
        return {"apikey": self.key.get_secret_value(), "Authorization": f"Bearer {self._token(claims)}"}

    def _token(self, claims: str) -> str:
        now_s = self._clock()
        until_s, token = self._tokens.get(claims, (0.0, ""))
        if until_s - _SPARE_S < now_s:
            until_s = now_s + _TOKEN_S
            told = {**json.loads(claims), "aud": "authenticated", "exp": int(until_s)}
            token = jwt.encode(told, self._secret.get_secret_value(), "HS256")
            self._tokens[claims] = (until_s, token)
        self._tokens.move_to_end(claims)
        while len(self._tokens) > _TOKENS_MAX:
            self._tokens.popitem(last=False)
        return token
