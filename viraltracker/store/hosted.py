"""The one door to the rows over Supabase's HTTP: the same functions, JSON in, JSON out.

For a studio that knows a project's URL and key and no database address. PostgREST does per call what
`Postgres` does: https://docs.postgrest.org/en/stable/references/transactions.html.
"""

import json
import re
from typing import Any
from uuid import UUID

import httpx
from supabase import AsyncClient, AsyncClientOptions, PostgrestAPIError

from viraltracker.errors import BadInput, StoreDown, StoreError
from viraltracker.store.actor import Actor
from viraltracker.store.failures import hosted_error
from viraltracker.store.project import Project
from viraltracker.store.seat import Seat, seat_of
from viraltracker.store.signatures import body_of

__all__ = ["Hosted"]

_NAME = re.compile(r"[a-z_][a-z_0-9]*")


class Hosted:
    """A project's functions; `acting_for` somebody it calls them."""

    def __init__(self, project: Project) -> None:
        self._project = project
        options = AsyncClientOptions(
            httpx_client=project.http,
            auto_refresh_token=False,
            persist_session=False,
            postgrest_client_retry=False,
        )
        self._client = AsyncClient(project.url, project.key.get_secret_value(), options)

    def acting_for(self, who: UUID | Seat) -> Actor:
        """The database as somebody who signed in sees it, from where they sit."""
        return Actor(self, "authenticated", seat_of(who).claims)

    async def run(self, function: str, arguments: dict[str, Any], role: str, claims: str) -> Any:
        """One call under `claims`, which name the role too; `Actor.call` in other words."""
        if not _NAME.fullmatch(function):
            raise StoreError(f"{function!r} can't be called over Supabase's HTTP.")
        call = self._client.rpc(function, json.loads(body_of(arguments)))
        call.request.headers.update(self._project.headers(claims))
        try:
            return (await call.execute()).data
        except PostgrestAPIError as error:
            code = error.code or "401"  # what stands before PostgREST checks the key, and says no code
            raise hosted_error(code, error.message, error.details) from None  # its text quotes a producer's
        except UnicodeEncodeError:
            raise BadInput("One of these texts holds half a character. Nothing was changed.") from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise StoreDown() from error
