"""A provider's concurrency limit, held over all job workers together: leases in the database, NOTIFY to wake.

A lease is for one call and ends by itself, so a killed worker gives its slot back, but not before the call it
made can be over. Knows no provider.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from viraltracker.errors import StudioError
from viraltracker.jobs.ports import Calls, Wakes

__all__ = ["LeasedSlots"]

_log = logging.getLogger(__name__)

LONGEST_WAIT_S = 5.0
"""Look again after this long at the latest: a notice can be missed while the listener reconnects."""
RELEASE_AGAIN_S = 0.5


class LeasedSlots:
    """Slots of all providers; use inside `async with`.

    In one process those who wait for a provider go first come, first served; between processes a freed slot
    is anybody's.
    """

    def __init__(self, calls: Calls, wakes: Wakes) -> None:
        self._calls = calls
        self._wakes = wakes
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._freed: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._listener: asyncio.Task[None] | None = None
        self._releases: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "LeasedSlots":
        """Start to listen for freed slots."""
        self._listener = asyncio.create_task(self._listen(), name="slots listener")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening; give the last slots back."""
        if self._releases:
            await asyncio.wait(self._releases, timeout=RELEASE_AGAIN_S)
        background = [task for task in (self._listener, *self._releases) if task is not None]
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)

    @asynccontextmanager
    async def hold(self, provider: str, limit: int | None, ttl_s: float) -> AsyncIterator[None]:
        """Wait for one of `limit` slots and keep it while inside; freed by itself `ttl_s` after a crash.

        `ttl_s` is the call's own timeout and a margin. No limit: no wait. Raises `StoreDown`.
        """
        if limit is None:
            yield
            return
        holder = uuid4()
        renewal: asyncio.Task[None] | None = None
        try:
            async with self._turns[provider]:
                await self._take(provider, limit, holder, ttl_s)
            renewal = asyncio.create_task(self._renew(provider, holder, ttl_s), name="slot renewal")
            yield
        finally:
            if renewal is not None:
                renewal.cancel()
            # In the background: what was made inside need not wait for it. Also after a take that was
            # broken off, because its lease may have been written.
            release = asyncio.create_task(self._release(provider, holder, ttl_s), name="slot release")
            self._releases.add(release)
            release.add_done_callback(self._releases.discard)

    async def _take(self, provider: str, limit: int, holder: UUID, ttl_s: float) -> None:
        freed = self._freed[provider]
        while True:
            freed.clear()
            answer = await self._calls.call(
                "private.slot_take_v1", provider=provider, most=limit, holder=holder, ttl_s=ttl_s
            )
            if answer["slot"] is not None:
                return
            try:
                async with asyncio.timeout(min(max(answer["wait_s"], 0.01), LONGEST_WAIT_S)):
                    await freed.wait()
            except TimeoutError:
                continue

    async def _renew(self, provider: str, holder: UUID, ttl_s: float) -> None:
        """Keep the lease of a call that takes longer than it should: the limit holds as long as we live."""
        held = True
        while held:
            await asyncio.sleep(ttl_s / 2)
            try:
                held = await self._calls.call("private.slot_renew_v1", holder=holder, ttl_s=ttl_s)
            except StudioError as error:
                _log.warning("slot.unheard", extra={"provider": provider, "error": error.code})
        _log.warning("slot.lost", extra={"provider": provider})

    async def _release(self, provider: str, holder: UUID, ttl_s: float) -> None:
        """Give the slot back; while the database is away try again, until the lease has ended by itself."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + ttl_s
        while loop.time() < ends:
            try:
                await self._calls.call("private.slot_release_v1", holder=holder)
            except StudioError as error:
                _log.warning("slot.kept", extra={"provider": provider, "error": error.code})
                await asyncio.sleep(RELEASE_AGAIN_S)
            else:
                return

    async def _listen(self) -> None:
        async with self._wakes.listen("slots") as providers:
            async for provider in providers:
                for name in [provider] if provider else list(self._freed):
                    self._freed[name].set()
