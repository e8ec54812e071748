"""The one door to the rows over Supabase's HTTP: the same functions, JSON in, JSON out.

For a studio that knows a project's URL and key and no database address. Every call carries a token that says
whom it is for, signed with the project's JWT secret, so that row level security decides as it does over
psycopg. PostgREST: https://docs.postgrest.org/en/stable/references/transactions.html.
"""

import json
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import jwt
from pydantic import SecretStr
from supabase import AsyncClient, AsyncClientOptions, PostgrestAPIError

from viraltracker.errors import BadInput, StoreDown, StoreError
from viraltracker.store.actor import Actor
from viraltracker.store.failures import hosted_error
from viraltracker.store.signatures import body_of

__all__ = ["Hosted"]

_NAME = re.compile(r"[a-z_][a-z_0-9]*")
_TOKEN_S = 300
# A token is not used for its last minute: the call may wait, and two machines' clocks differ.
_SPARE_S = 60
_TOKENS_MAX = 1_000
_CALL_LIMIT_S = 30.0
_CONNECT_S = 5.0


class Hosted:
    """A Supabase project's functions. Open it with `async with`; `acting_for` an owner it calls."""

    def __init__(
        self, url: str, key: SecretStr, jwt_secret: SecretStr, *, clock: Callable[[], float] = time.time
    ) -> None:
        """`key` is the project's public one, anon or publishable: what a user may is for the token to say."""
        self._key, self._secret, self._clock = key, jwt_secret, clock
        self._tokens: OrderedDict[tuple[str, str], tuple[float, str]] = OrderedDict()
        # Redirects would carry the token to wherever they point.
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(_CALL_LIMIT_S, connect=_CONNECT_S), follow_redirects=False
        )
        options = AsyncClientOptions(
            httpx_client=self._http,
            auto_refresh_token=False,
            persist_session=False,
            postgrest_client_retry=False,
        )
        self._client = AsyncClient(url, key.get_secret_value(), options)

    async def __aenter__(self) -> "Hosted":
        """Doesn't wait for Supabase: the first call does."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every connection."""
        await self._http.aclose()

    def acting_for(self, owner: UUID) -> Actor:
        """The database as one signed-in owner sees it."""
        return Actor(self, "authenticated", json.dumps({"sub": str(owner)}))

    async def run(self, function: str, arguments: dict[str, Any], role: str, claims: str) -> Any:
        """One call under `role` and `claims`; `Actor.call` in other words."""
        if not _NAME.fullmatch(function):
            raise StoreError(f"{function!r} can't be called over Supabase's HTTP.")
        call = self._client.rpc(function, json.loads(body_of(arguments)))
        call.request.headers["Authorization"] = f"Bearer {self._token(role, claims)}"
        try:
            return (await call.execute()).data
        except PostgrestAPIError as error:
            code = error.code or "401"  # what stands before PostgREST checks the key, and says no code
            raise hosted_error(code, error.message, error.details) from None  # its text quotes a producer's
        except UnicodeEncodeError:
            raise BadInput("One of these texts holds half a character. Nothing was changed.") from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise StoreDown() from error

    def _token(self, role: str, claims: str) -> str:
        now_s = self._clock()
        until_s, token = self._tokens.get((role, claims), (0.0, ""))
        if until_s - _SPARE_S < now_s:
            until_s = now_s + _TOKEN_S
            told = {**json.loads(claims or "{}"), "role": role, "aud": "authenticated"}
            token = jwt.encode({**told, "exp": int(until_s)}, self._secret.get_secret_value(), "HS256")
            self._tokens[role, claims] = (until_s, token)
        self._tokens.move_to_end((role, claims))
        while len(self._tokens) > _TOKENS_MAX:
            self._tokens.popitem(last=False)
        return token
