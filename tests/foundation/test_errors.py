"""The one exception tree: drawn as it is, every class with a message that a producer can act on."""

import inspect
import pickle
import re

import pytest

from viraltracker import errors
from viraltracker.errors import Refused, StudioError, TryLater

CLASSES = [
    thing for _, thing in inspect.getmembers(errors, inspect.isclass) if issubclass(thing, StudioError)
]


def drawn_tree() -> dict[str, tuple[str, str]]:
    """Class name -> (its parent's name, its remark), as the module's docstring draws them."""
    drawn: dict[str, tuple[str, str]] = {}
    path: list[str] = ["StudioError"]
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"    ((?:│   |    )*)[├└]── (\w+)\s*(.*)", line)
        if match:
            depth = len(match[1]) // 4 + 1
            path[depth:] = [match[2]]
            drawn[match[2]] = (path[depth - 1], match[3])
    return drawn


def test_the_docstring_draws_the_tree_as_it_is() -> None:
    real = {error.__name__: error.__mro__[1].__name__ for error in CLASSES if error is not StudioError}
    assert {name: parent for name, (parent, _) in drawn_tree().items()} == real


def test_the_drawing_says_which_errors_may_be_tried_again() -> None:
    drawn = {name for name, (_, remark) in drawn_tree().items() if "(retryable)" in remark}
    assert drawn == {error.__name__ for error in CLASSES if error.retryable}


def test_all_of_the_tree_is_public() -> None:
    assert sorted(errors.__all__) == sorted(error.__name__ for error in CLASSES)


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_an_error_without_words_says_its_docstring(error: type[StudioError]) -> None:
    raised = error()
    assert raised.message == str(raised) == (error.__doc__ or "").splitlines()[0]
    assert re.fullmatch(r"\w.{10,}\.", raised.message)
    assert raised.code == error.__name__


def test_an_error_carries_its_facts() -> None:
    refused = Refused("Beat 04_turn: no such voice.", beat="04_turn", voice="x")
    assert (refused.message, dict(refused.facts)) == (
        "Beat 04_turn: no such voice.",
        {"beat": "04_turn", "voice": "x"},
    )


def test_a_busy_provider_says_when() -> None:
    busy = TryLater(after_s=4.5, engine="tone")
    assert (busy.after_s, busy.facts["after_s"], busy.retryable) == (4.5, 4.5, True)


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_an_error_survives_the_way_between_processes(error: type[StudioError]) -> None:
    again = pickle.loads(pickle.dumps(error("Said.")))  # noqa: S301 - our own bytes
    assert (type(again), again.message) == (error, "Said.")
