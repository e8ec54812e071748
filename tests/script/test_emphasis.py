"""Emphasis: what is recorded, what is spoken, and what stays text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.script.scripts import beat
from viraltracker.script.emphasis import emphasise


@pytest.mark.parametrize(
    ("text", "spoken", "light", "strong"),
    [
        ("It has **always** been.", "It has ALWAYS been.", [], ["always"]),
        ("my *whole lunch* is out", "my whole lunch is out", ["whole lunch"], []),
        ("***x y***", "X Y", [], ["x y"]),
        ("*a* *b* **c** **d**", "a b C D", ["a", "b"], ["c", "d"]),
        ("*a **b** c*", "a B c", ["a b c"], ["b"]),
        ("**a *b* c**", "A B C", ["b"], ["a b c"]),
        ("un*believ*able", "unbelievable", ["believ"], []),
        ("*(really)!*", "(really)!", ["(really)!"], []),
        ("see *verse [1]* here", "see verse [1] here", ["verse [1]"], []),
        ("**straße ŉ ﬁ ΐ**", "STRASSE ʼN FI \u0399\u0308\u0301", [], ["straße ŉ ﬁ ΐ"]),
        ("**İi ıI**", "İI II", [], ["İi ıI"]),
        ("5*a*6", "5a6", ["a"], []),
        ("*2*", "2", ["2"], []),
    ],
)
def test_pairs(text: str, spoken: str, light: list[str], strong: list[str]) -> None:
    segment = beat(text).segments[0]
    assert segment.text == spoken
    assert list(segment.emphasis) == light
    assert list(segment.strong_emphasis) == strong


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2*3*4",
            "2**3**4",
            "* one * two",
            "** one **",
            "*one *",
            "* one*",
            "**one* two",
            "*one** two",
            "***one**",
        ),
        *("****one****", "*", "**", "***", "****", "a * b", "one*", "*one", "5 * 3", "*one\u00a0*"),
    ],
)
def test_everything_else_is_text(text: str) -> None:
    segment = beat(text).segments[0]
    assert (segment.text, segment.emphasis, segment.strong_emphasis) == (text, (), ())


def test_a_pair_crosses_no_line_and_no_tag() -> None:
    assert beat("*one\ntwo*").segments[0].text == "*one two*"
    assert beat("*one [PACE: normal] two*").segments[0].text == "*one two*"
    assert beat("*one [laughs] two*").segments[0].text == "*one two*"
    assert beat("*one [SFX: x] two*").segments[0].text == "*one two*"


def test_the_later_of_two_openings_counts_and_pairs_do_not_cross() -> None:
    assert beat("*one *two* three*").segments[0].emphasis == ("two",)
    crossing = beat("*one **two* three**").segments[0]
    assert (crossing.text, crossing.emphasis) == ("one **two three**", ("one **two",))


def test_records_gather_over_the_lines_of_a_segment() -> None:
    segment = beat("*one*\n**two** *three*").segments[0]
    assert (segment.emphasis, segment.strong_emphasis) == (("one", "three"), ("two",))


@given(st.text(alphabet="*a1 .ß\u00a0[]", max_size=40))
def test_only_asterisks_are_lost_and_records_are_in_the_text(text: str) -> None:
    found = emphasise(text)
    if not found.strong:
        assert found.text.replace("*", "") == text.replace("*", "")
    for words in found.light:
        assert words.upper() in found.text.upper()
    for words in found.strong:
        assert words.upper() in found.text
    assert all(words and words.strip() == words for words in (*found.light, *found.strong))
