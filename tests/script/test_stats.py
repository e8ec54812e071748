"""Counts and the estimate of length."""

import pytest

from tests.script.scripts import CAST, read, two_beats, wrap
from viraltracker.script import CharacterStats, Stats, parse


def stats(source: str, speeds: dict[str, float] | None = None) -> Stats:
    found = parse(source, CAST, speeds or {}).stats
    assert found is not None
    return found


def test_lines_and_characters_by_who_speaks_them() -> None:
    found = stats(two_beats("[CHARACTER: fed]\nNo. [CHARACTER: chad] Yes.\nYes!\n[laughs]", "*Hm*, **ß**."))
    assert found.beats == 2
    assert {who: (one.lines, one.characters) for who, one in found.cast.items()} == {
        "fed": (1, 3),
        "chad": (2, 9),
        "every-coon": (1, 7),
    }
    assert list(found.cast) == ["fed", "chad", "every-coon"]
    assert (found.lines, found.characters) == (4, 19)


def test_the_estimate_is_fifteen_characters_a_second_by_the_pace_and_all_pauses() -> None:
    assert stats(wrap("x" * 15)).duration_ms == 1000 + 300
    assert stats(wrap("[PACE: slow]" + "x" * 15)).duration_ms == 1333 + 300
    assert (
        stats(wrap("[PAUSE: 1s]" + "x" * 15 + "[PAUSE: 2s]" + "x" * 15 + "[PAUSE: 3s]")).duration_ms == 8000
    )
    assert stats(wrap("[PAUSE: 7s]")).duration_ms == 7000
    assert stats(wrap("x" * 15 + "\n[PACE: fast]\n" + "y" * 15)).duration_ms == 1000 + 150 + 870 + 300
    assert stats(wrap("[PACE: fast]" + "x" * 15)).cast["every-coon"] == CharacterStats(1, 15, 870)


@pytest.mark.parametrize(
    ("speed", "pace", "lasts_ms"),
    [
        (0.8, "normal", 1250),
        (0.8, "slow", 1429),
        (1.1, "chaos", 833),
        (0.9, "fast", 966),
        (0.7, "deliberate", 1429),
    ],
)
def test_a_profiles_speed_counts_and_is_held_to_its_range(speed: float, pace: str, lasts_ms: int) -> None:
    found = stats(wrap(f"[CHARACTER: fed][PACE: {pace}]" + "x" * 15), {"fed": speed, "chad": 0.1})
    assert found.cast["fed"].duration_ms == lasts_ms
    assert found.duration_ms == lasts_ms + 300


def test_a_script_with_errors_is_counted_as_far_as_it_was_understood() -> None:
    parsed = read(wrap("One.\n[CHARACTER: captain]\nTwo."))
    assert parsed.script is None
    assert parsed.stats is not None
    assert (parsed.stats.beats, parsed.stats.lines, parsed.stats.characters) == (1, 2, 9)
