"""The one studio of this process, and the door from Streamlit's threads into its event loop.

The ASGI lifespan opens both (`opened`); a test does the same with a studio of its own. Pages and components
ask here and nowhere else, so under AppTest, where no lifespan runs, a fixture is enough.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

import anyio.to_thread
from anyio.from_thread import BlockingPortal, start_blocking_portal

from viraltracker.errors import SettingsRefused

__all__ = ["Opener", "begin", "current_studio", "hold", "opened", "release", "run"]

T = TypeVar("T")
Opener = Callable[[], AbstractAsyncContextManager[Any]]
"""Opens the studio inside the background loop, and closes it there."""

_NOT_OPEN = "The studio is not open in this process. Start it with `viraltracker studio`."

_held: list[tuple[Any, BlockingPortal]] = []


def hold(studio: Any, portal: BlockingPortal) -> None:
    """Make `studio`, which lives in `portal`'s loop, the one of this process."""
    _held.append((studio, portal))


def release() -> None:
    """Forget the studio that was held last."""
    _held.pop()


def current_studio() -> Any:
    """The studio of this process. Raises `SettingsRefused` where none was opened."""
    if not _held:
        raise SettingsRefused(_NOT_OPEN)
    return _held[-1][0]


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine of the studio in its loop, and wait for it. For threads that have no loop: pages."""
    if not _held:
        coroutine.close()
        raise SettingsRefused(_NOT_OPEN)

    async def result() -> T:
        return await coroutine

    return _held[-1][1].call(result)


def begin(work: Callable[[], Awaitable[T]]) -> Future[T]:
    """Start `work` in the studio's loop and don't wait for it. Cancelling the future cancels it there."""
    if not _held:
        raise SettingsRefused(_NOT_OPEN)
    return _held[-1][1].start_task_soon(work)


@asynccontextmanager
async def opened(opener: Opener) -> AsyncIterator[tuple[Any, BlockingPortal]]:
    """A background loop with an open studio in it, held while the context lasts.

    The loop is a thread of its own, so that neither the web server nor a page's script ever waits in it.
    """
    starting = start_blocking_portal("asyncio", name="studio-loop")
    portal = await anyio.to_thread.run_sync(starting.__enter__)
    try:
        inside = portal.wrap_async_context_manager(opener())
        studio = await anyio.to_thread.run_sync(inside.__enter__)
        hold(studio, portal)
        try:
            yield studio, portal
        finally:
            release()
            await anyio.to_thread.run_sync(inside.__exit__, None, None, None)
    finally:
        await anyio.to_thread.run_sync(starting.__exit__, None, None, None)
