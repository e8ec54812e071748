"""What somebody slow said last: shown at once, asked again beside, waited for only the first time."""

from collections.abc import Awaitable, Callable
from concurrent.futures import Future

import pytest

from viraltracker.errors import StoreDown
from viraltracker.ui.glance import Glance

FRESH_S = 10.0


class Slow:
    """Somebody who answers when the test says so, and a clock that goes when it does."""

    def __init__(self) -> None:
        self.asked: list[Future[str]] = []
        self.now_s = 0.0
        self.glance: Glance[str] = Glance(
            self._never, FRESH_S, start=self._start, monotonic=lambda: self.now_s
        )

    async def _never(self) -> str:
        raise AssertionError

    def _start(self, _: Callable[[], Awaitable[str]]) -> "Future[str]":
        self.asked.append(Future())
        return self.asked[-1]


def test_one_who_is_asked_is_not_asked_again_meanwhile() -> None:
    slow = Slow()
    assert (slow.glance.look(), slow.glance.look(0.001)) == (None, None)
    assert len(slow.asked) == 1
    slow.asked[0].set_result("first")
    assert slow.glance.look() == "first"
    slow.now_s += FRESH_S / 2
    assert slow.glance.look() == "first"
    assert len(slow.asked) == 1


def test_an_old_answer_is_shown_until_the_next_is_there() -> None:
    slow = Slow()
    slow.glance.look()
    slow.asked[0].set_result("first")
    slow.now_s += FRESH_S + 1
    assert slow.glance.look(60.0) == "first"  # nobody waits where there is something to show
    assert slow.glance.look() == "first"
    assert len(slow.asked) == 2
    slow.asked[1].set_result("second")
    assert slow.glance.look() == "second"


def test_after_a_change_what_was_asked_before_it_counts_no_more() -> None:
    slow = Slow()
    slow.glance.look()
    slow.asked[0].set_result("first")
    assert slow.glance.look() == "first"
    slow.now_s += FRESH_S + 1
    slow.glance.look()
    slow.glance.again()
    assert slow.glance.look() == "first"
    slow.asked[1].set_result("from before the change")
    assert slow.glance.look() == "first"
    slow.asked[2].set_result("after")
    assert slow.glance.look() == "after"


def test_what_is_forgotten_is_shown_no_more() -> None:
    slow = Slow()
    slow.glance.look()
    slow.asked[0].set_result("first")
    slow.glance.look()
    slow.glance.forget()
    assert slow.glance.look() is None
    slow.asked[1].set_result("second")
    assert slow.glance.look() == "second"


def test_a_failure_that_was_not_said_is_raised_once_and_asked_again() -> None:
    slow = Slow()
    slow.glance.look()
    slow.asked[0].set_exception(StoreDown())
    with pytest.raises(StoreDown):
        slow.glance.look()
    assert slow.glance.look() is None
    assert len(slow.asked) == 2
