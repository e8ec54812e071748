"""The one thread that owns the device: it does what it is told, and else keeps the floor going.

A device can hang, or be left in a state where every call fails; only a new process cures that. So the thread
shows that it is alive, and whoever runs the process is told when it isn't.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import Protocol, TypeVar

from viraltracker.errors import ProviderDown, StudioError

__all__ = ["Busy", "DeviceThread"]

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Busy(Protocol):
    """What the thread keeps going."""

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""
        ...

    def turn(self) -> None:
        """Do a little. Raises what breaks the device."""
        ...

    def abandon(self, problem: StudioError) -> None:
        """Tell everybody who waits that nothing will come."""
        ...


class DeviceThread:
    """Runs `floor` in a thread of its own until `close`. Methods are for one event loop.

    `broken` is called once, from that thread or from `watch`, when the device no longer works: words.
    """

    def __init__(
        self,
        name: str,
        floor: Busy,
        broken: Callable[[str], None],
        *,
        hang_s: float = 60.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._floor, self._broken, self._hang_s, self._now = floor, broken, hang_s, monotonic
        self._told: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._at_work_since_s: float | None = None
        self._may_take_s = hang_s
        self._ended = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def hung(self) -> bool:
        """Whether the piece of work under way takes longer than any should."""
        since = self._at_work_since_s
        return since is not None and self._now() - since > self._may_take_s

    def tell(self, work: Callable[[], None]) -> None:
        """Have the thread do this before anything else, in the order of telling."""
        self._told.put(work)

    async def ask(self, work: Callable[[], T], may_take_s: float | None = None) -> T:
        """What `work` gives, done by the thread. Raises what it raises; `ProviderDown` after the end.

        `may_take_s`: it hasn't hung before that; None: as all work.

        A `RuntimeError` is how a device says that it is broken: then nothing more is done, and it is told.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def done(settle: Callable[[], None]) -> None:
            if not answer.done():
                settle()

        def asked() -> None:
            self._may_take_s = may_take_s or self._hang_s
            try:
                settle = partial(answer.set_result, work())
            except RuntimeError:
                loop.call_soon_threadsafe(done, partial(answer.set_exception, _failed()))
                raise
            except Exception as problem:  # noqa: BLE001 - handed to who asked
                settle = partial(answer.set_exception, problem)
            loop.call_soon_threadsafe(done, settle)

        if self._ended:
            raise _gone()
        self.tell(asked)
        return await answer

    async def close(self) -> None:
        """End the thread after what it was told, and wait for that."""
        if not self._ended:
            self._ended = True
            self.tell(self._stop)
        await asyncio.to_thread(self._thread.join)

    def _stop(self) -> None:
        raise SystemExit

    def _run(self) -> None:
        try:
            while True:
                self._at_work_since_s, self._may_take_s = None, self._hang_s
                if self._floor.idle or not self._told.empty():
                    work = self._told.get()
                    self._at_work_since_s = self._now()
                    work()
                else:
                    self._at_work_since_s = self._now()
                    self._floor.turn()
        except SystemExit:
            self._floor.abandon(_gone())
        except Exception as failed:  # noqa: BLE001 - process edge: a broken device must not look like a waiting one
            _log.exception("csm.broke")
            self._ended = True
            self._floor.abandon(_failed())
            self._broken(f"{type(failed).__name__} on the device")
        finally:
            self._at_work_since_s = None


def _failed() -> ProviderDown:
    return ProviderDown("The voice worker's device failed in the middle of this line; it starts anew.")


def _gone() -> ProviderDown:
    return ProviderDown("The voice worker is giving this model back. Ask again.")
