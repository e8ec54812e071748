"""Coloured lines for an editor: which kinds, and that the pieces are the text."""

from hypothesis import given
from hypothesis import strategies as st

from tests.script.scripts import META, lines_of, wrap
from tests.script.strategies import fragments
from viraltracker.script import highlight


def kinds(source: str, line: int) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in highlight(source)[line - 1]]


def test_every_kind() -> None:
    source = "notes\n" + wrap("[PACE: fast] *one* and **two** [1] [laughs][oops", "words\n") + "\n tail"
    assert kinds(source, 1) == [("outside", "notes")]
    assert kinds(source, 2) == [("marker", "[META]")]
    assert kinds(source, 3) == [("key", "video_title:"), ("text", " Lighthouse Diaries, Ep 3")]
    assert kinds(source, 5) == [("text", "words")]
    assert kinds(source, 6) == []
    assert kinds(source, 7) == [("marker", "[BEAT: 01_open]")]
    assert kinds(source, 8) == [("key", "name:"), ("text", " Fog Rolls In")]
    assert kinds(source, 9) == [("marker", "---")]
    assert kinds(source, 10) == [
        ("tag", "[PACE: fast]"),
        ("text", " "),
        ("light", "*one*"),
        ("text", " and "),
        ("strong", "**two**"),
        ("text", " [1] "),
        ("audio", "[laughs]"),
        ("text", "[oops"),
    ]
    assert kinds(source, 11) == [("marker", "[END_BEAT]")]
    assert kinds(source, 13) == [("outside", " tail")]


def test_a_plain_line_is_one_piece() -> None:
    assert kinds(wrap("Nothing but text."), 8) == [("text", "Nothing but text.")]


def test_a_nested_pair_is_coloured_as_the_outer_one() -> None:
    assert kinds(wrap("a **b *c* d** e"), 8) == [("text", "a "), ("strong", "**b *c* d**"), ("text", " e")]


def test_broken_scripts_are_coloured_too() -> None:
    assert kinds("[META", 1) == [("outside", "[META")]
    assert kinds(META + "[BEAT: a\nname: x", 4) == [("marker", "[BEAT: a")]
    assert kinds(META + "[BEAT: a\nname: x", 5) == [("key", "name:"), ("text", " x")]
    assert kinds(META + "[BEAT: a] b [END_BEAT] c", 4) == [
        ("marker", "[BEAT: a]"),
        ("text", " b "),
        ("marker", "[END_BEAT]"),
        ("outside", " c"),
    ]
    assert kinds(META + "[BEAT: a]\n[PACE: fast]", 5) == [("tag", "[PACE: fast]")]
    assert kinds("\ud800[PACE", 1) == [("outside", "\ud800[PACE")]
    assert highlight("") == ((),)


@given(fragments | st.text())
def test_the_pieces_are_the_text(source: str) -> None:
    shown = ["".join(piece.text for piece in pieces) for pieces in highlight(source)]
    assert shown == lines_of(source)
    assert all(piece.text for pieces in highlight(source) for piece in pieces)
