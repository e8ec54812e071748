"""The scripts we ship: finished, spoken by the seeded cast, and showing what the format can do."""

from pathlib import Path

import pytest

from tests.script.scripts import CAST, IDS, read, script
from viraltracker.script import PACES, format_script

EXAMPLES = Path(__file__).parents[2] / "examples"
BEATS = {"lighthouse-diaries": 5, "why-eggs-cost-more": 16, "tax-day-explained": 40}


def test_there_are_three() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.els")} == BEATS.keys()


@pytest.mark.parametrize("name", BEATS)
def test_an_example_is_finished_and_tidy(name: str) -> None:
    data = (EXAMPLES / f"{name}.els").read_bytes()
    parsed = read(data)
    assert parsed.diagnostics == ()
    assert parsed.stats is not None
    assert parsed.stats.beats == BEATS[name]
    assert parsed.stats.cast.keys() == set(IDS)
    assert format_script(data, CAST) == data.decode()


@pytest.mark.parametrize("name", BEATS)
def test_an_example_shows_the_format(name: str) -> None:
    beats = script((EXAMPLES / f"{name}.els").read_bytes()).beats
    segments = [segment for beat in beats for segment in beat.segments]
    assert [beat.number for beat in beats] == list(range(1, len(beats) + 1))
    assert {segment.pace for segment in segments} > {"slow", "deliberate", "normal", "quick"}
    assert {segment.pace for segment in segments} <= PACES.keys()
    assert any(len({segment.character for segment in beat.segments}) > 1 for beat in beats)
    assert any(beat.leading_pause_ms for beat in beats)
    assert all(
        any(getattr(s, mark) for s in segments) for mark in ("emphasis", "strong_emphasis", "direction")
    )
    lines = (EXAMPLES / f"{name}.els").read_text().splitlines()
    assert any("[PACE:" in line[1:] for line in lines), "an inline change of pace"
