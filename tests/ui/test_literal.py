"""Words that look like Markdown are shown to the letter."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.ui.literal import literal


@pytest.mark.parametrize(
    "words",
    [
        "![x](http://example.invalid/pixel.png)",
        "[x](http://example.invalid)",
        "**no** *no* `no` ~~no~~ $no$",
        ":red[no] :material/error:",
        "<img src=x>",
    ],
)
def test_nothing_begins_a_construct(words: str) -> None:
    assert re.search(r"(?<!\\)[`*_\[\]<$~]|(?<!\\):(?=[a-z])", literal(words)) is None


@given(st.text())
def test_unescaped_it_is_the_text_again(words: str) -> None:
    assert re.sub(r"\\([\\`*_\[\]<$~:])", r"\1", literal(words)) == words


def test_a_plain_sentence_stays_as_it_is() -> None:
    said = 'Beat 04_turn: take 2 was made. Change "fed" first; it costs 3 cents.'
    assert literal(said).replace("\\_", "_") == said
