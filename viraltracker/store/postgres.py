"""The one door to the rows over psycopg: call a SQL function by name, JSON in, JSON out; and listen.

A call is one transaction in one round trip: role and claims are set for its length, then the function runs,
as PostgREST does it for hosted Supabase. Arguments travel as one JSON body and get their types from the
function's own signature, so both transports take the same values. Knows no function by name.
"""

import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

import anyio
import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from viraltracker.errors import SettingsRefused, StoreDown, StoreError
from viraltracker.store.actor import Actor
from viraltracker.store.failures import studio_error
from viraltracker.store.listening import listening
from viraltracker.store.seat import Seat, seat_of
from viraltracker.store.signatures import Signature, Signatures, body_of

__all__ = ["Postgres"]

_NAME = re.compile(r"(private\.)?[a-z_][a-z_0-9]*")
_ACT_AS = "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)"
_POOL_SIZE = 8
_WAIT_S = 3.0
# The longest call is the import of a 1 MiB script, well under a second; a query that takes 30 s is lost.
_CALL_LIMIT_S = 30.0
# A loaded machine or a far database is no pooler.
_HEARD_S = 5.0
_DEAF = (
    "DATABASE_URL leads to a pooler in transaction mode: LISTEN doesn't get through, and a job worker would "
    "never hear of work. Take the address of its session mode; with Supabase that is port 5432 in the place "
    "of 6543."
)
# A connection used within this time is taken for living: the check would cost another round trip on every
# call.
_FRESH_S = 1.0


class Postgres:
    """A pool of connections to one database. Open it with `async with`; `acting_for` somebody it calls."""

    def __init__(self, dsn: str, *, revive: Callable[[], Awaitable[None]] | None = None) -> None:
        """`revive` is awaited before each new connection: it may start an embedded server that died."""
        self._dsn = dsn
        self._revive = revive
        self._signatures = Signatures()
        self._used_at: WeakKeyDictionary[AsyncConnection[Any], float] = WeakKeyDictionary()
        self._pool: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
            self.url,
            min_size=1,
            max_size=_POOL_SIZE,
            open=False,
            timeout=_WAIT_S,
            reconnect_timeout=_WAIT_S,
            check=self._check,
            kwargs={"autocommit": True, "prepare_threshold": 2, "connect_timeout": 3},
        )

    async def __aenter__(self) -> "Postgres":
        """Open the pool. Doesn't wait for the database: the first call does."""
        await self._pool.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every connection."""
        with anyio.CancelScope(shield=True):
            await self._pool.close()

    def acting_for(self, who: UUID | Seat) -> "Actor":
        """The database as somebody who signed in sees it, from where they sit."""
        return Actor(self, "authenticated", seat_of(who).claims)

    def acting_as_worker(self) -> "Actor":
        """The database as the job queue's own hands see it: the queue, nothing of the producers'."""
        return Actor(self, "studio_worker", "")

    def acting_as_studio(self) -> "Actor":
        """The database as the login itself sees it: upkeep over all owners, nothing else."""
        return Actor(self, "none", "")

    def listen(self, channel: str) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """Inside, the payloads of `NOTIFY channel`, on a connection of its own that comes back when it is
        lost.

        Yields "" once it listens, and again after every reconnection: whatever was missed, look now.
        """
        return listening(self.url, channel)

    async def require_listening(self, wait_s: float = _HEARD_S) -> None:
        """Raise `SettingsRefused` where a notice doesn't reach who listens: behind a pooler that hands out
        another session for every transaction. A database that is away now is not refused. `wait_s`: seconds
        for a notice to come back.
        """
        channel = f"studio_heard_{uuid4().hex}"
        with anyio.move_on_after(2 * wait_s):
            async with self.listen(channel) as heard:
                await anext(heard)
                try:
                    async with self._pool.connection() as connection:
                        await connection.execute("select pg_notify(%s, 'heard')", (channel,))
                except psycopg.OperationalError:
                    return
                with anyio.move_on_after(wait_s):
                    await anext(heard)  # the notice, or a new connection, which proves nothing against it
                    return
                raise SettingsRefused(_DEAF)

    async def run(self, function: str, arguments: dict[str, Any], role: str, claims: str) -> Any:
        """One call under `role` and `claims`; `Actor.call` in other words."""
        if not _NAME.fullmatch(function):
            raise StoreError(f"{function!r} is no function's name.")
        try:
            with anyio.fail_after(_CALL_LIMIT_S):
                async with self._pool.connection() as connection:
                    signature = await self._signatures.of(connection, function)
                    answer = await _transact(connection, signature, arguments, role, claims)
                    self._used_at[connection] = time.monotonic()
                    return answer
        except psycopg.errors.UndefinedFunction as error:
            self._signatures.forget()
            raise studio_error(error) from error
        except psycopg.Error as error:
            if isinstance(error, psycopg.OperationalError):
                self._used_at.clear()  # if one connection is lost, the others want to be asked
            raise studio_error(error) from error
        except TimeoutError as error:
            raise StoreDown() from error

    async def url(self) -> str:
        """The database's address, with the server behind it up. Raises `StoreDown`."""
        if self._revive is not None:
            await self._revive()
        return self._dsn

    async def _check(self, connection: AsyncConnection[Any]) -> None:
        if time.monotonic() - self._used_at.get(connection, 0.0) > _FRESH_S:
            await AsyncConnectionPool.check_connection(connection)


async def _transact(
    connection: AsyncConnection[Any], signature: Signature, arguments: dict[str, Any], role: str, claims: str
) -> Any:
    """Act as `role` and call: sent together, answered together, and one transaction until the answer."""
    statement = signature.statement(frozenset(arguments))
    body = body_of(arguments)
    async with connection.pipeline():
        await connection.execute(_ACT_AS, (role, claims))
        cursor = await connection.execute(statement, (body,) if arguments else None)
    row = await cursor.fetchone()
    return row[0] if row and signature.answers else None
