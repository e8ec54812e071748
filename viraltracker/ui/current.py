"""The one studio of this process, and the door from Streamlit's threads into its event loop.

The ASGI lifespan opens both (`opened`); a test does the same with a studio of its own. Pages and components
ask here and nowhere else, so under AppTest, where no lifespan runs, a fixture is enough.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup
from anyio.from_thread import BlockingPortal, start_blocking_portal

from viraltracker.errors import SettingsRefused

__all__ = ["Opener", "begin", "current_studio", "errand", "hold", "opened", "release", "run"]

T = TypeVar("T")
Opener = Callable[[], AbstractAsyncContextManager[Any]]
"""Opens the studio inside the background loop, and closes it there."""

_NOT_OPEN = "The studio is not open in this process. Start it with `viraltracker studio`."


@dataclass(frozen=True, slots=True)
class _Held:
    """A studio in its loop, and the errands that run beside it there."""

    studio: Any
    portal: BlockingPortal
    errands: TaskGroup
    ending: AbstractContextManager[TaskGroup]


_held: list[_Held] = []


def hold(studio: Any, portal: BlockingPortal) -> None:
    """Make `studio`, which lives in `portal`'s loop, the one of this process. For a thread without a loop."""
    ending = portal.wrap_async_context_manager(_errands())
    _held.append(_Held(studio, portal, ending.__enter__(), ending))


def release() -> None:
    """Forget the studio that was held last; returns once its errands have been cut off and have ended."""
    _held.pop().ending.__exit__(None, None, None)


def current_studio() -> Any:
    """The studio of this process. Raises `SettingsRefused` where none was opened."""
    return _now().studio


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine of the studio in its loop, and wait for it. For threads that have no loop: pages."""
    try:
        portal = _now().portal
    except SettingsRefused:
        coroutine.close()
        raise

    async def result() -> T:
        return await coroutine

    return portal.call(result)


def errand(do: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Have something done in the studio's loop without waiting for it; it ends at the latest with the studio.

    `do` tells its own failures: what it raises ends the other errands too.
    """
    held = _now()

    def begin() -> None:
        held.errands.start_soon(do)

    held.portal.call(begin)


def _now() -> _Held:
    if not _held:
        raise SettingsRefused(_NOT_OPEN)
    return _held[-1]


@asynccontextmanager
async def _errands() -> AsyncIterator[TaskGroup]:
    async with anyio.create_task_group() as tasks:
        yield tasks
        tasks.cancel_scope.cancel()


def begin(work: Callable[[], Awaitable[T]]) -> Future[T]:
    """Start `work` in the studio's loop and don't wait for it. Cancelling the future cancels it there.

    Unlike an errand it is not cancelled when the studio closes, which waits for its end.
    """
    return _now().portal.start_task_soon(work)


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
        await anyio.to_thread.run_sync(hold, studio, portal)
        try:
            yield studio, portal
        finally:
            await anyio.to_thread.run_sync(release)
            await anyio.to_thread.run_sync(inside.__exit__, None, None, None)
    finally:
        await anyio.to_thread.run_sync(starting.__exit__, None, None, None)
