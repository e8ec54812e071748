"""The JSON shapes: what programs read, and what the database keeps."""

import json
from typing import Any

import pytest

from tests.script.scripts import beat, read, wrap
from viraltracker.errors import BadInput
from viraltracker.script import beat_from_json, beat_to_json, to_json

BODY = "[PAUSE: 0.1s][STYLE: 0][DIRECTION: Flat] *One* [laughs] **two**.\n[PAUSE: 1s]\n[PACE: fast]Three."


def test_the_whole_shape() -> None:
    shown = json.loads(json.dumps(to_json(read(wrap(BODY + " [SFX: x]")), file="a.els")))
    assert list(shown) == ["file", "title", "project", "beats", "diagnostics", "stats"]
    assert shown == {
        "file": "a.els",
        "title": "Lighthouse Diaries, Ep 3",
        "project": "harbour-tales",
        "beats": [
            {
                "id": "01_open",
                "number": 1,
                "name": "Fog Rolls In",
                "leading_pause_ms": 100,
                "trailing_pause_ms": 300,
                "segments": [
                    {
                        "character": "every-coon",
                        "direction": "Flat",
                        "pace": "normal",
                        "stability": None,
                        "style": 0.0,
                        "text": "One TWO.",
                        "audio_tags": [{"offset": 4, "tag": "laughs"}],
                        "emphasis": ["One"],
                        "strong_emphasis": ["two"],
                        "pause_after_ms": 1000,
                    },
                    {
                        "character": "every-coon",
                        "direction": "Flat",
                        "pace": "fast",
                        "stability": None,
                        "style": 0.0,
                        "text": "Three.",
                        "audio_tags": [],
                        "emphasis": [],
                        "strong_emphasis": [],
                        "pause_after_ms": 0,
                    },
                ],
            }
        ],
        "diagnostics": [
            {
                "code": "unknown-tag",
                "severity": "warning",
                "line": 10,
                "column": 20,
                "message": "[SFX: …] is not a tag here; it will not be spoken.",
                "hint": "the tags are CHARACTER, DIRECTION, PACE, PAUSE, STABILITY, STYLE",
            }
        ],
        "stats": {
            "beats": 1,
            "lines": 2,
            "characters": 14,
            "duration_ms": 881 + 1400,
            "cast": {"every-coon": {"lines": 2, "characters": 14, "duration_ms": 881}},
        },
    }


def test_with_errors_there_is_nothing_but_findings() -> None:
    shown = to_json(read(wrap("[PACE: x]")))
    assert [(key, value) for key, value in shown.items() if key != "diagnostics"] == [
        ("title", None),
        ("project", None),
        ("beats", []),
        ("stats", None),
    ]
    assert [found["code"] for found in shown["diagnostics"]] == ["silent-beat", "unknown-pace"]


def test_hostile_text_can_be_written_as_json() -> None:
    for source in ("[PACE: \ud800]\udfff", b"\xed\xa0\x80", wrap("\u2028\U0010ffff\u202e")):
        json.dumps(to_json(read(source)), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "body", [BODY, "[PAUSE: 1s]", "[CHARACTER: fed][STABILITY: 0.123456789] \U0001f43f ß [x]"]
)
def test_a_stored_beat_comes_back_as_it_was(body: str) -> None:
    assert beat_from_json(json.loads(json.dumps(beat_to_json(beat(body))))) == beat(body)


def test_a_whole_number_that_another_writer_left_is_a_setting_too() -> None:
    stored: dict[str, Any] = json.loads(json.dumps(beat_to_json(beat("[STYLE: 1] One."))).replace("1.0", "1"))
    assert beat_from_json(stored) == beat("[STYLE: 1] One.")


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"id": 7},
        {"number": "1"},
        {"number": True},
        {"leading_pause_ms": -1},
        {"trailing_pause_ms": 1.5},
        {"segments": None},
        {"segments": [None]},
        {"segments": [{"text": "x"}]},
    ],
)
def test_a_stored_beat_that_is_none_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="stored beat"):
        beat_from_json({**beat_to_json(beat(BODY)), **broken} if broken else {})


@pytest.mark.parametrize(
    "broken",
    [{"pace": "warp"}, {"style": 2}, {"style": True}, {"text": None}, {"audio_tags": [1]}, {"emphasis": [1]}],
)
def test_a_stored_segment_that_is_none_is_refused(broken: dict[str, Any]) -> None:
    stored = beat_to_json(beat(BODY))
    stored["segments"][0].update(broken)
    with pytest.raises(BadInput, match="stored beat"):
        beat_from_json(stored)
