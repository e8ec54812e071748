import json
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.ui.demo.sample import board_view, ident
from viraltracker.ui.components.board import Generate, Pick, Revised, board_events_of
from viraltracker.ui.components.cards import Clicked, cards_events_of
from viraltracker.ui.components.cast import TestWanted, cast_events_of
from viraltracker.ui.components.editor import Changed, editor_events_of
from viraltracker.ui.components.timeline import BeatWanted, timeline_events_of
from viraltracker.ui.views import Span, TakeLine, to_json


@dataclass(frozen=True, slots=True)
class Inner:
    text: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Outer:
    id: UUID
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()
    named: dict[str, tuple[Inner, ...]] = field(default_factory=dict)
    share: float = 0.0


def test_a_view_becomes_json_without_what_says_nothing() -> None:
    one = ident("x")
    view = Outer(one, Inner("a"), (Inner("b", "strong"),), {"fed": (Inner("c"),)}, 0.5)
    assert to_json(view) == {
        "id": str(one),
        "inner": {"text": "a"},
        "many": [{"text": "b", "kind": "strong"}],
        "named": {"fed": [{"text": "c"}]},
        "share": 0.5,
    }
    assert to_json(Outer(one)) == {"id": str(one)}


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_what_json_can_not_say_is_nothing(value: float) -> None:
    line = TakeLine(ident("t"), 1, "0:01.0", 1000, lufs=value)
    assert to_json(line)["lufs"] is None
    json.dumps(to_json(line), allow_nan=False)


def test_anything_else_is_no_view() -> None:
    with pytest.raises(TypeError, match="bytes is no part of a view"):
        to_json(Outer(ident("x"), many=(b"raw",)))  # type: ignore[arg-type]


@given(st.text())
def test_text_arrives_as_it_is(text: str) -> None:
    surrogates = any("\ud800" <= letter <= "\udfff" for letter in text)
    encoded = json.dumps(to_json(Span(text)))
    assert surrogates or json.loads(encoded)["text"] == text


def test_a_board_of_300_beats_stays_small() -> None:
    assert len(json.dumps(to_json(board_view(300)))) < 400_000


def test_events_are_typed() -> None:
    one, other = str(ident("1")), str(ident("2"))
    assert board_events_of(
        [
            {"n": 1, "kind": "generate", "beats": [one]},
            {"n": 2, "kind": "pick", "beat": one, "take": other},
            {"n": 3, "kind": "revise", "beat": one, "pace": "slow", "direction": ""},
        ]
    ) == (
        Generate(beats=(ident("1"),)),
        Pick(beat=ident("1"), take=ident("2")),
        Revised(beat=ident("1"), pace="slow", direction=""),
    )
    assert board_events_of([{"n": 4, "kind": "refresh"}]) == ()
    assert editor_events_of([{"n": 1, "kind": "changed", "text": "a"}]) == (Changed(text="a"),)
    assert cards_events_of([{"n": 1, "kind": "clicked", "card": "a"}]) == (Clicked(card="a"),)
    assert timeline_events_of([{"n": 1, "kind": "beat", "beat": one}]) == (BeatWanted(beat=ident("1")),)
    (wanted,) = cast_events_of(
        [{"n": 1, "kind": "test", "character": "fed", "line": "Hm.", "settings": {"speed": 1}}]
    )
    assert wanted == TestWanted(character="fed", line="Hm.", settings={"speed": 1.0})


@pytest.mark.parametrize(
    "letter",
    [
        {},
        {"kind": "explode"},
        {"kind": "pick", "beat": "../x", "take": "y"},
        {"kind": "revise", "beat": str(ident("1")), "style": 2},
        {"kind": "revise", "beat": str(ident("1")), "stability": float("nan")},
        {"kind": "note", "beat": str(ident("1")), "text": "x" * 2001},
        {"kind": "generate", "beats": [str(ident("1"))] * 1001},
    ],
)
def test_what_the_board_never_sends_is_refused(letter: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        board_events_of([letter])
