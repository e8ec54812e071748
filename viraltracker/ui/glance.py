"""What somebody slow said last: shown at once, asked again beside. No page waits for who doesn't answer."""

import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, wait
from typing import Generic, TypeVar

from viraltracker.ui.current import begin

__all__ = ["Glance"]

T = TypeVar("T")


class Glance(Generic[T]):
    """Asks in the studio's loop, one question at a time. `ask` says its failures in its answer.

    An answer older than `fresh_s` is still shown, until the next one is there.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[T]],
        fresh_s: float,
        *,
        start: Callable[[Callable[[], Awaitable[T]]], "Future[T]"] = begin,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask, self._start = ask, start
        self._fresh_s, self._now = fresh_s, monotonic
        self._door = threading.Lock()
        self._asking: Future[T] | None = None
        self._asked_s = 0.0
        self._stale = False
        self._last: T | None = None

    def look(self, patience_s: float = 0.0) -> T | None:
        """The last answer; None where there is none yet. The first is waited for, `patience_s` at most."""
        with self._door:
            self._take()
            old = self._stale or self._last is None or self._now() - self._asked_s > self._fresh_s
            if self._asking is None and old:
                self._asked_s, self._stale = self._now(), False
                self._asking = self._start(self._ask)
            asking = self._asking if self._last is None else None
        if asking is not None and patience_s > 0:
            wait([asking], patience_s)
            with self._door:
                self._take()
        return self._last

    def again(self) -> None:
        """Something was changed: the next look asks. What was said last is shown until then."""
        with self._door:
            self._asking, self._stale = None, True

    def forget(self) -> None:
        """What was said doesn't hold any more, nor what is still being said: the next look waits again."""
        with self._door:
            self._asking = self._last = None

    def _take(self) -> None:
        if self._asking is not None and self._asking.done():
            came, self._asking = self._asking, None
            self._last = came.result()
