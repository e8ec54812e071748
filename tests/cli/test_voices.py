"""`viraltracker voices`: shown, changed, remembered, tried; and what can't be is refused."""

from pathlib import Path

import pytest
import soundfile

from tests.cli.conftest import Command


def test_the_cast_is_listed_with_the_voices_of_now(studio: Command) -> None:
    cast = studio("voices", "list", "--json").json
    assert [each["id"] for each in cast][:3] == ["every-coon", "boomer", "fed"]
    assert {each["profile"]["engine"] for each in cast} == {"espeak"}
    assert "flat bureaucrat" in studio("voices", "list").out


def test_a_character_answers_to_its_aliases(studio: Command) -> None:
    for name in ("every-coon", "Every Coon", "everycoon"):
        assert studio("voices", "show", name, "--json").json["id"] == "every-coon"
    shown = studio("voices", "show", "fed").out
    assert "stability: 0.65 (not used by espeak)" in shown
    assert "* espeak: en-us+Mr serious" in shown
    said = studio("voices", "show", "feed")
    assert said.code == 2
    assert "wojak" in said.err


def test_a_change_is_saved_remembered_and_says_what_differs(studio: Command) -> None:
    said = studio("voices", "set", "fed", "--speed", "0.8", "--option", "pitch=61", "--seed", "7", "--json")
    assert said.json == {
        "character": "fed",
        "changed": True,
        "changes": ["espeak pitch 50 -> 61", "speed 0.70 -> 0.80", "seed none -> 7"],
    }
    assert studio("voices", "set", "fed", "--speed", "0.8", "--json").json["changed"] is False
    assert studio("voices", "set", "fed", "--seed", "none").code == 0
    history = studio("voices", "history", "fed", "--json").json
    assert [each["active"] for each in history] == [True, False, False]
    assert history[-1]["profile"]["speed"] == 0.7
    assert "speed 0.70 -> 0.80" in studio("voices", "history", "fed").out


def test_switching_the_engine_is_one_choice(studio: Command) -> None:
    assert studio("voices", "set", "fed", "--engine", "elevenlabs").code == 0
    assert studio("voices", "show", "fed", "--json").json["profile"]["engine"] == "elevenlabs"
    assert studio("voices", "set", "fed", "--engine", "espeak", "--voice", "en-gb+m3").code == 0
    assert (
        studio("voices", "show", "fed", "--json").json["profile"]["voices"]["espeak"]["voice"] == "en-gb+m3"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--engine", "abacus"], 'There is no engine "abacus". The engines: espeak, elevenlabs, worker.'),
        (["--voice", "en-us+nobody"], "nobody"),
        (["--option", "pitch=400"], "Its knobs: pitch 0 to 99"),
        (["--option", "warp=1"], "can't take warp=1"),
        (["--option", "pitch"], "Write it like pitch=40"),
        (["--speed", "2"], "0.7<=x<=1.2"),
        (["--seed", "dice"], "is no seed"),
        (["--seed", "-1"], "outside 0 to"),
        (["--voice", ""], "has no voice on espeak yet"),
        ([], "Say what to change"),
    ],
)
def test_what_cannot_speak_is_refused_and_nothing_changes(
    studio: Command, arguments: list[str], words: str
) -> None:
    said = studio("voices", "set", "fed", *arguments)
    assert said.code == 2
    assert words in said.err
    assert len(studio("voices", "history", "fed", "--json").json) == 1


def test_engines_say_whether_they_are_ready_and_what_is_missing(studio: Command) -> None:
    espeak, elevenlabs, _ = studio("voices", "engines", "--json").json
    assert (espeak["engine"], espeak["ready"], espeak["support"]["stability"]) == ("espeak", True, "not used")
    assert (elevenlabs["ready"], elevenlabs["needs"]) == (False, "ELEVENLABS_API_KEY")
    said = studio("voices", "engines", "--voices")
    assert "not ready" in said.out
    assert "en-us+m3" in said.out


def test_a_line_can_be_tried_without_a_session(studio: Command, tmp_path: Path) -> None:
    for name in ("line.wav", "line.flac"):
        assert (
            studio("voices", "say", "wojak", "My whole lunch is out there!", "--out", tmp_path / name).code
            == 0
        )
        assert soundfile.info(tmp_path / name).duration > 0.5
    assert studio("sessions", "list", "--json").json == []
    for arguments, words in {
        ("wojak", " "): "no line to speak",
        ("wojak", "Hi", "--engine", "abacus"): "There is no engine",
    }.items():
        said = studio("voices", "say", *arguments, "--out", tmp_path / "other.wav")
        assert said.code == 2
        assert words in said.err
    said = studio("voices", "say", "wojak", "Hi", "--engine", "elevenlabs", "--out", tmp_path / "other.wav")
    assert (said.code, "ELEVENLABS_API_KEY" in said.err) == (2, True)
    assert not (tmp_path / "other.wav").exists()
