"""Work in a thread is waited for, however its caller is cancelled."""

import asyncio
import threading

import anyio
import pytest

from viraltracker.errors import Refused
from viraltracker.worker.families.threads import in_thread


async def test_the_result_and_the_error_of_the_work_come_back() -> None:
    limiter = anyio.CapacityLimiter(1)
    assert await in_thread(lambda: 7, limiter, lambda: None) == 7
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 // 0, limiter, lambda: None)


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("how", ["task", "scope"])
async def test_a_cancelled_caller_asks_the_work_to_stop_and_waits(how: str, fails: bool) -> None:
    limiter = anyio.CapacityLimiter(1)
    begun, stop, ended = anyio.Event(), threading.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def work() -> None:
        loop.call_soon_threadsafe(begun.set)
        assert stop.wait(30)
        ended.set()
        assert not fails

    if how == "task":
        task = asyncio.create_task(in_thread(work, limiter, stop.set))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    else:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(in_thread, work, limiter, stop.set)
            await begun.wait()
            tasks.cancel_scope.cancel()
    assert ended.is_set()
    assert limiter.borrowed_tokens == 0


async def test_work_whose_turn_has_not_come_is_not_begun() -> None:
    limiter, free = anyio.CapacityLimiter(1), threading.Event()
    done: list[str] = []

    def first() -> None:
        assert free.wait(30)
        done.append("first")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(in_thread, first, limiter, lambda: None)
        while not limiter.borrowed_tokens:  # noqa: ASYNC110 - the limiter has no event for it
            await anyio.sleep(0)  # noqa: ASYNC115
        second = asyncio.create_task(in_thread(lambda: done.append("second"), limiter, lambda: None))
        while not limiter.statistics().tasks_waiting:  # noqa: ASYNC110 - the same
            await anyio.sleep(0)  # noqa: ASYNC115
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        free.set()
    assert done == ["first"]


async def test_a_thread_is_waited_for_however_often_its_line_is_broken_off() -> None:
    begun, may_end = threading.Event(), threading.Event()
    stops: list[None] = []

    def work() -> None:
        begun.set()
        may_end.wait(10)
        raise Refused("nobody hears this any more")

    limiter = anyio.CapacityLimiter(1)
    line = asyncio.create_task(in_thread(work, limiter, stop=lambda: stops.append(None)))
    await anyio.to_thread.run_sync(begun.wait)
    for _ in range(3):
        line.cancel()
        for _ in range(5):
            await asyncio.sleep(0)
        assert not line.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await line
    assert limiter.borrowed_tokens == 0
    assert len(stops) == 1
