"""Long work in a thread, seen from the event loop: how far it is, and that it stops when it is cancelled."""

from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Protocol, TypeVar, cast

from anyio import from_thread, to_thread

from viraltracker.episode.model import Progress, Report, Stage

__all__ = ["Watch", "ahead", "in_thread"]

_WORTH_TELLING = 0.005

Result = TypeVar("Result")


class Watch(Protocol):
    """What the work calls often, from its thread: raises the cancellation, tells whoever listens."""

    def __call__(self, stage: Stage, done: float) -> None:
        """`done` is 0..1 over all stages; a step back is not told."""


def ahead(items: Generator[Result]) -> Generator[Result]:
    """The same items, each made in another thread while the last is worked on: decoding beside measuring.

    Closing it early closes `items`.
    """
    nothing = object()
    with closing(items), ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        coming: Future[Result | object] = pool.submit(next, items, nothing)
        while (item := coming.result()) is not nothing:
            coming = pool.submit(next, items, nothing)
            yield cast("Result", item)


async def in_thread(work: Callable[[Watch], Result], report: Report | None) -> Result:
    """Run `work` in a thread. A cancelled task waits until the work has noticed and cleaned up."""
    told = -1.0

    def watch(stage: Stage, done: float) -> None:
        nonlocal told
        from_thread.check_cancelled()
        if report is not None and (done >= told + _WORTH_TELLING or told < 1.0 <= done):
            told = done
            from_thread.run_sync(report, Progress(stage, min(done, 1.0)))

    return await to_thread.run_sync(work, watch)
