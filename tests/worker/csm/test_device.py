"""The thread that owns the device: what is told when that breaks or hangs, and what becomes of lines then."""

import asyncio
import threading

import pytest

from tests.worker.csm.test_floor import House, house
from viraltracker.errors import ProviderDown, StudioError
from viraltracker.worker.csm.engine import SlotEngine, Under
from viraltracker.worker.csm.thread import DeviceThread

__all__ = ["house"]

pytestmark = pytest.mark.xdist_group("csm")


class Broken(SlotEngine):
    """An engine whose device fails at the third frame, as a poisoned one does at every call."""

    frames = 0

    def step(self) -> Under:
        self.frames += 1
        if self.frames > 2:
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        return super().step()


@pytest.mark.anyio
async def test_a_broken_device_ends_every_line_and_is_reported_once(house: House) -> None:
    floor, _ = house.floor(kind=Broken)
    asked = house.ask("Hello", 30)
    told: list[str] = []
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def broken(why: str) -> None:
        told.append(why)
        loop.call_soon_threadsafe(ended.set)

    thread = DeviceThread("broken", floor, broken)
    await thread.ask(lambda: floor.add(asked[0]))
    await ended.wait()
    assert told == ["RuntimeError on the device"]
    assert isinstance(asked[1].problem, ProviderDown)
    assert "CUDA" not in asked[1].problem.message
    with pytest.raises(ProviderDown):
        await thread.ask(lambda: None)
    await thread.close()


class Stuck:
    """Work that never comes back until it is let go."""

    def __init__(self) -> None:
        self.begun, self.let_go, self.looked = threading.Event(), threading.Event(), threading.Event()
        self._idle = True

    @property
    def idle(self) -> bool:
        self.looked.set()
        return self._idle

    @idle.setter
    def idle(self, idle: bool) -> None:
        self._idle = idle

    def turn(self) -> None:
        self.begun.set()
        self.let_go.wait()
        self.idle = True

    def abandon(self, problem: StudioError) -> None:
        self.idle = True


@pytest.mark.anyio
async def test_a_device_that_hangs_is_seen_and_an_idle_one_never_hangs() -> None:
    now_s, stuck = 0.0, Stuck()
    thread = DeviceThread("stuck", stuck, lambda _: None, hang_s=60, monotonic=lambda: now_s)
    await thread.ask(stuck.looked.clear)
    await asyncio.to_thread(stuck.looked.wait)  # an answer comes a moment before the thread looks for more
    now_s = 1_000.0
    assert not thread.hung

    def wake() -> None:
        stuck.idle = False

    thread.tell(wake)
    await asyncio.to_thread(stuck.begun.wait)
    assert not thread.hung
    now_s = 1_061.0
    assert thread.hung
    stuck.let_go.set()
    await thread.close()


@pytest.mark.anyio
async def test_opening_may_take_longer_than_a_frame_and_hangs_too() -> None:
    now_s = 0.0
    thread = DeviceThread("opening", Stuck(), lambda _: None, hang_s=60, monotonic=lambda: now_s)
    begun, let_go = threading.Event(), threading.Event()

    def opening() -> None:
        begun.set()
        let_go.wait()

    asked = asyncio.create_task(thread.ask(opening, may_take_s=600))
    await asyncio.to_thread(begun.wait)
    now_s = 599.0
    assert not thread.hung
    now_s = 601.0
    assert thread.hung
    let_go.set()
    await asked
    await thread.close()


@pytest.mark.anyio
async def test_a_device_that_breaks_outside_of_frames_is_told_too() -> None:
    """As when a voice joins, or hears what it said before: no frame may ever be made after that."""
    told: list[str] = []
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def broken(why: str) -> None:
        told.append(why)
        loop.call_soon_threadsafe(ended.set)

    def poisoned() -> None:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    thread = DeviceThread("poisoned", Stuck(), broken)
    with pytest.raises(ProviderDown, match="starts anew"):
        await thread.ask(poisoned)
    await ended.wait()
    assert told == ["RuntimeError on the device"]
    await thread.close()


@pytest.mark.anyio
async def test_what_the_thread_is_asked_may_fail_and_it_goes_on() -> None:
    stuck = Stuck()
    thread = DeviceThread("asked", stuck, lambda _: None)

    def refuse() -> None:
        raise ProviderDown("Not now.")

    with pytest.raises(ProviderDown, match="Not now"):
        await thread.ask(refuse)
    assert await thread.ask(lambda: 7) == 7
    await thread.close()
    await thread.close()
