from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.ui.links import HOUR_S, LinkSigner, expiry_s

KEY = b"k" * 32
SHA = "ab" * 32
NOON_S = 1_800_000_000 // HOUR_S * HOUR_S


class Clock:
    def __init__(self, now_s: float = NOON_S) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


def query_of(link: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}


def test_a_link_opens_what_it_was_made_for() -> None:
    signer = LinkSigner(KEY, Clock())
    link = signer.link("audio", SHA, "local")
    assert urlsplit(link).path == f"/audio/{SHA}"
    assert signer.remaining_s("audio", SHA, query_of(link)) == 2 * HOUR_S


def test_it_stays_the_same_within_the_hour_and_changes_with_it() -> None:
    clock = Clock(NOON_S + 1)
    signer = LinkSigner(KEY, clock)
    first = signer.link("audio", SHA, "local")
    clock.now_s = NOON_S + HOUR_S - 1
    assert signer.link("audio", SHA, "local") == first
    clock.now_s = NOON_S + HOUR_S
    assert signer.link("audio", SHA, "local") != first


def test_it_ends() -> None:
    clock = Clock(NOON_S + 10)
    signer = LinkSigner(KEY, clock)
    query = query_of(signer.link("audio", SHA, "local"))
    clock.now_s = NOON_S + 2 * HOUR_S - 1
    assert signer.remaining_s("audio", SHA, query) == 1
    clock.now_s = NOON_S + 2 * HOUR_S
    assert signer.remaining_s("audio", SHA, query) is None


@given(st.floats(0, 4e9))
def test_a_new_link_lasts_one_to_two_hours(now_s: float) -> None:
    left_s = expiry_s(now_s) - now_s
    assert HOUR_S < left_s <= 2 * HOUR_S
    assert expiry_s(now_s) % HOUR_S == 0


@pytest.mark.parametrize(
    "change",
    [
        {"u": "somebody-else"},
        {"e": str(NOON_S + 900 * HOUR_S)},
        {"s": "0" * 64},
        {"s": ""},
        {"s": "\u00e9" * 64},
        {"e": "soon"},
        {"e": "\u0661\u0662"},
        {"e": "9" * 400},
        {"e": f"-{NOON_S}"},
    ],
)
def test_a_changed_link_opens_nothing(change: dict[str, str]) -> None:
    signer = LinkSigner(KEY, Clock())
    query = query_of(signer.link("audio", SHA, "local"))
    assert signer.remaining_s("audio", SHA, query) is not None
    assert signer.remaining_s("audio", SHA, {**query, **change}) is None


def test_a_link_opens_no_other_thing_kind_or_key() -> None:
    signer = LinkSigner(KEY, Clock())
    query = query_of(signer.link("audio", SHA, "local"))
    assert signer.remaining_s("audio", "cd" * 32, query) is None
    assert signer.remaining_s("download", SHA, query) is None
    assert LinkSigner(b"x" * 32, Clock()).remaining_s("audio", SHA, query) is None
    assert signer.remaining_s("audio", SHA, {}) is None


def test_parts_can_not_be_moved_between_each_other() -> None:
    signer = LinkSigner(KEY, Clock())
    query = query_of(signer.link("download", "a1", "b"))
    assert signer.remaining_s("download", "a", {**query, "u": "1b"}) is None


@pytest.mark.parametrize("thing", ["", "../secret", "a/b", "a%2fb", "a\n", "Ü", "a b"])
def test_only_plain_ids_are_linked(thing: str) -> None:
    signer = LinkSigner(KEY, Clock())
    with pytest.raises(ValueError, match="letters, digits and hyphens"):
        signer.link("audio", thing, "local")
    assert (
        signer.remaining_s("audio", thing, {"u": "local", "e": str(NOON_S + HOUR_S), "s": "0" * 64}) is None
    )


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        LinkSigner(b"short", Clock())
