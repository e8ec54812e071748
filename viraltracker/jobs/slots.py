"""A provider's concurrency limit, held over all job workers together: leases in the database, NOTIFY to wake.

A lease is for one call and ends by itself, so a killed worker gives its slot back, but not before the call it
made can be over. Knows no provider.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from viraltracker.errors import StudioError
from viraltracker.jobs.ports import Calls, Wakes

__all__ = ["LeasedSlots"]

_log = logging.getLogger(__name__)

LONGEST_WAIT_S = 5.0
"""Look again after this long at the latest: a notice can be missed while the listener reconnects."""
RELEASE_AGAIN_S = 0.5
OPEN_EVERY = 4
"""A slot that ends while others wait here is passed on to them in the call that gives it back, which halves
the time it stands idle. Every fourth is put up for all processes instead: one which came late gets in.
"""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiter:
    limit: int
    ttl_s: float
    granted: asyncio.Future[None]
    holder: UUID = field(default_factory=uuid4)


@dataclass(slots=True)
class _Line:
    """Who waits for one provider in this process, and the task that asks for them while there are any."""

    waiters: deque[_Waiter] = field(default_factory=deque)
    returned: list[_Waiter] = field(default_factory=list)
    freed: asyncio.Event = field(default_factory=asyncio.Event)
    ended: int = 0
    asking: asyncio.Task[None] | None = None


class LeasedSlots:
    """Slots of all providers. Inside `async with` it hears of freed slots; else it looks when leases end.

    In one process those who wait for a provider go first come, first served. One call asks for all of them:
    slots tend to come free together, because calls that began together end together. Between processes a slot
    that is put up for all is whose who asks first.
    """

    def __init__(self, calls: Calls, wakes: Wakes) -> None:
        self._calls = calls
        self._wakes = wakes
        self._lines: dict[str, _Line] = {}
        self._background: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "LeasedSlots":
        """Start to listen for freed slots."""
        self._spawn(self._listen(), "slots listener")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Give the last slots back and stop listening."""
        releases = [task for task in self._background if task.get_name() == "slot release"]
        if releases:
            await asyncio.wait(releases, timeout=RELEASE_AGAIN_S)
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    @asynccontextmanager
    async def hold(self, provider: str, limit: int | None, ttl_s: float) -> AsyncIterator[None]:
        """Wait for one of `limit` slots and keep it while inside; freed by itself `ttl_s` after a crash.

        `ttl_s` is the call's own timeout and a margin. No limit: no wait. Raises `StoreDown`.
        """
        if limit is None:
            yield
            return
        waiter = _Waiter(limit, ttl_s, asyncio.get_running_loop().create_future())
        line = self._lines.setdefault(provider, _Line())
        line.waiters.append(waiter)
        if line.asking is None or line.asking.done():
            line.asking = self._spawn(self._ask(provider, line), "slot asking")
        try:
            await waiter.granted
        except asyncio.CancelledError:
            if not waiter.granted.cancelled():  # granted in the same moment
                self._let_go(provider, waiter)
            raise
        renewal = self._spawn(self._renew(provider, waiter), "slot renewal")
        try:
            yield
        finally:
            renewal.cancel()
            line.ended += 1
            if line.waiters and line.ended % OPEN_EVERY:
                line.returned.append(waiter)
                line.freed.set()
            else:
                self._let_go(provider, waiter)

    async def _ask(self, provider: str, line: _Line) -> None:
        while line.waiters:
            line.freed.clear()
            asked = list(line.waiters)[: line.waiters[0].limit]
            returned, line.returned = line.returned, []
            try:
                answer = await self._calls.call(
                    "private.slot_take_v1",
                    provider=provider,
                    most=asked[0].limit,
                    holders=[waiter.holder for waiter in asked],
                    ttls_s=[waiter.ttl_s for waiter in asked],
                    returned=[waiter.holder for waiter in returned],
                )
            except StudioError as error:
                line.returned += returned
                self._refuse(line, error)
                break
            for _ in range(answer["granted"]):
                self._grant(provider, line.waiters.popleft())
            if answer["wait_s"] is not None:
                await _set_within(line.freed, answer["wait_s"])
        while line.returned:
            self._let_go(provider, line.returned.pop())

    def _grant(self, provider: str, waiter: _Waiter) -> None:
        if waiter.granted.done():  # broken off while we asked
            self._let_go(provider, waiter)
        else:
            waiter.granted.set_result(None)

    def _refuse(self, line: _Line, error: StudioError) -> None:
        while line.waiters:
            waiter = line.waiters.popleft()
            if not waiter.granted.done():
                waiter.granted.set_exception(error)

    def _let_go(self, provider: str, waiter: _Waiter) -> None:
        # In the background: what was made with the slot need not wait for the database.
        self._spawn(self._release(provider, waiter), "slot release")

    async def _renew(self, provider: str, waiter: _Waiter) -> None:
        """Keep the lease of a call that takes longer than it should: the limit holds as long as we live."""
        held = True
        while held:
            await asyncio.sleep(waiter.ttl_s / 2)
            try:
                held = await self._calls.call(
                    "private.slot_renew_v1", holder=waiter.holder, ttl_s=waiter.ttl_s
                )
            except StudioError as error:
                _log.warning("slot.unheard", extra={"provider": provider, "error": error.code})
        _log.warning("slot.lost", extra={"provider": provider})

    async def _release(self, provider: str, waiter: _Waiter) -> None:
        """Give the slot back; while the database is away try again, until the lease has ended by itself."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + waiter.ttl_s
        while loop.time() < ends:
            try:
                await self._calls.call("private.slot_release_v1", holder=waiter.holder)
            except StudioError as error:
                _log.warning("slot.kept", extra={"provider": provider, "error": error.code})
                await asyncio.sleep(RELEASE_AGAIN_S)
            else:
                return

    async def _listen(self) -> None:
        async with self._wakes.listen("slots") as providers:
            async for provider in providers:
                for name, line in self._lines.items():
                    if provider in {name, ""}:
                        line.freed.set()

    def _spawn(self, work: Any, name: str) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work, name=name)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task


async def _set_within(event: asyncio.Event, limit_s: float) -> None:
    try:
        async with asyncio.timeout(min(max(limit_s, 0.01), LONGEST_WAIT_S)):
            await event.wait()
    except TimeoutError:
        return
