"""Notices from the database that outlive a lost connection. Knows nothing of what they mean."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager

import anyio
import psycopg
from psycopg import AsyncConnection, sql

from viraltracker.errors import StoreError

__all__ = ["listening"]

_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 2.0
# A connection whose other end vanished without a word looks silent; asked this often, it is found out.
_ASK_S = 30.0


@asynccontextmanager
async def listening(address: Callable[[], Awaitable[str]], channel: str) -> AsyncIterator[AsyncIterator[str]]:
    """Inside, the payloads of `NOTIFY channel`, and "" after each (re)connection."""
    async with aclosing(_wakes(address, channel)) as wakes:
        yield wakes


async def _wakes(address: Callable[[], Awaitable[str]], channel: str) -> AsyncGenerator[str]:
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            connecting = AsyncConnection.connect(await address(), autocommit=True, connect_timeout=3)
            async with await connecting as connection:
                await connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
                pause_s = _FIRST_PAUSE_S
                yield ""
                while True:
                    async with aclosing(connection.notifies(timeout=_ASK_S)) as notices:
                        async for notice in notices:
                            yield notice.payload
                    await connection.execute("select 1")
        except (psycopg.OperationalError, StoreError):
            await anyio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
