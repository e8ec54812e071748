"""Cutting an over-long text: where, and that nothing but blanks is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.errors import BadInput
from viraltracker.script import split_spans, split_text


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("Short.", 6, ("Short.",)),
        ("", 5, ()),
        ("One two. Three four. Five.", 21, ("One two. Three four.", "Five.")),
        ("One two. Three four. Five.", 19, ("One two.", "Three four. Five.")),
        ('He said "go!" and "no." Then left.', 20, ('He said "go!"', 'and "no." Then left.')),
        ("One, two, three four", 12, ("One, two,", "three four")),
        ("One — two three", 9, ("One —", "two three")),
        ("one two three", 8, ("one two", "three")),
        ("onetwothree", 4, ("onet", "woth", "ree")),
        ("one   two", 4, ("one", "two")),
        ("Dr. Gull is in. He waits.", 20, ("Dr. Gull is in.", "He waits.")),
        ("So Dr. Gull is in", 12, ("So Dr. Gull", "is in")),
        ("Ask J. Gull about it", 12, ("Ask J. Gull", "about it")),
        ("Fog, e.g. rain or so", 12, ("Fog,", "e.g. rain or", "so")),
        ("Is it? No. It is not.", 12, ("Is it? No.", "It is not.")),
        ("霧が来た。港は閉じた。", 7, ("霧が来た。", "港は閉じた。")),
        ("霧、雨、風", 4, ("霧、雨、", "風")),
        ("Wait… what? Really", 14, ("Wait… what?", "Really")),
        ("In 1994. Then on", 11, ("In 1994.", "Then on")),
        ("   one two", 6, ("   one", "two")),
        ("one     ", 5, ("one",)),
        ("3.14 is pi now", 7, ("3.14 is", "pi now")),
    ],
)
def test_where_a_text_is_cut(text: str, limit: int, parts: tuple[str, ...]) -> None:
    assert split_text(text, limit) == parts


def test_a_letter_keeps_its_accent() -> None:
    assert split_text("e\u0301" * 4, 3) == ("e\u0301", "e\u0301", "e\u0301", "e\u0301")
    assert split_text("e" + "\u0301" * 40, 20) == ("e" + "\u0301" * 19, "\u0301" * 20, "\u0301")


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_is_none(limit: int) -> None:
    with pytest.raises(BadInput, match="at least 1"):
        split_text("One.", limit)


@given(
    st.text(alphabet='ab .,!?…"—\u0301\u200d\n。、', max_size=80) | st.text(max_size=40), st.integers(1, 30)
)
def test_nothing_is_lost_but_blanks_at_the_cuts(text: str, limit: int) -> None:
    spans = split_spans(text, limit)
    assert [text[start:end] for start, end in spans] == list(split_text(text, limit))
    assert all(0 < end - start <= limit for start, end in spans)
    at = 0
    for start, end in spans:
        assert not text[at:start].strip()
        at = end
    assert not text[at:].strip()
    if len(text) <= limit and text:
        assert spans == ((0, len(text)),)
