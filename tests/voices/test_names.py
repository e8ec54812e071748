"""Names: folding, ids, and whom a script may call what."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.errors import BadInput
from viraltracker.voices import Character, cast_names, fold, seeded_cast, slug, validate_character

WORDS = st.text(min_size=1, max_size=60)


@pytest.mark.parametrize(
    "written",
    ["every-coon", "Every Coon", "EVERY_COON", " every-coon ", "Every-Coon", "every\u00a0coon"],
)
def test_blank_underscore_hyphen_and_case_are_alike(written: str) -> None:
    assert fold(written) == "every-coon"


def test_composed_and_decomposed_letters_are_the_same_name() -> None:
    assert fold("Zoë") == fold(unicodedata.normalize("NFD", "ZOË"))
    assert fold("straße") == fold("STRASSE")
    assert fold("Zoë") != fold("Zoe")


@given(WORDS)
def test_folding_twice_changes_nothing(name: str) -> None:
    assert fold(fold(name)) == fold(name)


@pytest.mark.parametrize(
    ("name", "made"),
    [("The Fed", "the-fed"), ("José!", "jose"), ("  K-9 / unit__7 ", "k-9-unit-7"), ("x" * 80, "x" * 50)],
)
def test_an_id_is_made_of_a_name(name: str, made: str) -> None:
    assert slug(name) == made


@given(WORDS)
def test_every_id_that_is_made_is_a_good_one(name: str) -> None:
    try:
        made = slug(name)
    except BadInput:
        return
    validate_character(Character(made, "anybody"))


def test_a_name_without_latin_letters_needs_an_id_from_the_producer() -> None:
    with pytest.raises(BadInput, match=r"Женя.*letters a-z"):
        slug("Женя")


def test_names_hold_every_id_and_alias_as_written() -> None:
    ids, names = cast_names(seeded_cast())
    assert ids == ("every-coon", "boomer", "fed", "whale", "wojak", "chad")
    assert names["everycoon"] == names["every-coon"] == "every-coon"
    assert set(names.values()) == set(ids)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Character("fed", "", ("The Man",)), Character("boss", "", ("the_man",))),
        (Character("fed", "", ("boss",)), Character("boss", "")),
        (Character("the-man", ""), Character("fed", "", ("The Man",))),
    ],
)
def test_two_characters_never_answer_to_one_name(first: Character, second: Character) -> None:
    with pytest.raises(BadInput, match=r'"fed" and "boss"|"the-man" and "fed"') as refused:
        cast_names((first, second))
    assert "would both answer to" in str(refused.value)
    with pytest.raises(BadInput, match="would both answer to"):
        validate_character(second, [first])


def test_an_id_is_given_once() -> None:
    with pytest.raises(BadInput, match='two characters "fed"'):
        cast_names((Character("fed", "one"), Character("fed", "two")))


def test_an_alias_that_folds_to_its_own_id_hurts_nobody() -> None:
    _, names = cast_names((Character("every-coon", "", ("Every Coon", "every_coon")),))
    assert names == {"every-coon": "every-coon", "Every Coon": "every-coon", "every_coon": "every-coon"}
