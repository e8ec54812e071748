"""`viraltracker takes` and `export` on the embedded engine: made, chosen, undone, carried away."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
import soundfile

from tests.cli.conftest import Command


@pytest.fixture
def fog(studio: Command, script: Path) -> str:
    """A session's id."""
    return str(studio("sessions", "new", script, "--json").json["id"])


@pytest.fixture
def spoken(studio: Command, fog: str) -> str:
    """A session whose two speaking beats have a take each, both picked."""
    assert studio("takes", "generate", fog, "--missing", "--pick").code == 0
    return fog


def takes_of(studio: Command, session: str, beat: str) -> list[dict[str, Any]]:
    (listed,) = studio("takes", "list", session, beat, "--json").json
    return list(listed["takes"])


def test_what_is_missing_is_made_once(studio: Command, fog: str) -> None:
    said = studio("takes", "generate", fog, "--missing", "--json")
    assert said.code == 0
    assert [(each["beat"], each["status"]) for each in said.json["takes"]] == [
        ("01_open", "done"),
        ("02_reply", "done"),
    ]
    assert all(each["duration_ms"] > 500 and each["audio_sha256"] for each in said.json["takes"])
    again = studio("takes", "generate", fog, "--missing")
    assert (again.code, again.out) == (0, "")
    assert "Nothing is missing or stale" in again.err


def test_ranges_and_names_choose_beats(studio: Command, fog: str) -> None:
    said = studio("takes", "generate", fog, "01_open..03_silence", "--missing", "--no-wait", "--json")
    assert [each["beat"] for each in said.json["takes"]] == ["01_open", "02_reply"]
    assert "No worker is alive" in said.err
    assert studio("takes", "cancel", fog, "02_reply", "--json").json == {"dropped": 1, "finishing": 0}
    assert studio("takes", "cancel", fog, "--json").json == {"dropped": 1, "finishing": 0}
    said = studio("takes", "list", fog, "..02_reply")
    assert "03_silence" not in said.out
    for wrong, words in {
        "02_reply..01_open": "runs backwards",
        "01_opne": "It has 01_open, 02_reply, 03_silence.",
        "01_open..9": 'There is no beat "9"',
    }.items():
        said = studio("takes", "list", fog, wrong)
        assert said.code == 2
        assert words in said.err


def test_asking_for_the_same_again_is_refused_where_it_would_sound_the_same(
    studio: Command, spoken: str
) -> None:
    said = studio("takes", "generate", spoken, "01_open")
    assert said.code == 2
    assert "change a setting" in said.err
    assert len(takes_of(studio, spoken, "01_open")) == 1


def test_a_changed_setting_makes_another_take_and_like_starts_from_it(studio: Command, spoken: str) -> None:
    assert studio("takes", "regenerate", spoken, "01_open", "--speed", "1.2", "--direction", "dry").code == 0
    liked = studio("takes", "regenerate", spoken, "01_open", "--like", "2", "--pace", "fast", "--json").json
    assert liked["takes"][0]["revision"] == {"direction": "dry", "pace": "fast"}
    first, second, third = takes_of(studio, spoken, "01_open")
    assert second["duration_ms"] < third["duration_ms"] < first["duration_ms"]
    assert [each["picked"] for each in (first, second, third)] == [True, False, False]
    for arguments, words in {
        ("--speed", "9"): "0.7<=x<=1.2",
        ("--pace", "warp"): "chaos",
        ("--engine", "abacus"): "has no voice on abacus",
        ("--like", "9"): "has no take 9",
        ("--speed", "1.2", "--direction", "dry"): "take 2 was made with just these settings",
    }.items():
        said = studio("takes", "regenerate", spoken, "01_open", *arguments)
        assert said.code == 2
        assert words in said.err
    assert len(takes_of(studio, spoken, "01_open")) == 3


def test_choices_are_made_and_taken_back(studio: Command, spoken: str) -> None:
    studio("takes", "regenerate", spoken, "01_open", "--speed", "1.2")
    assert studio("takes", "pick", spoken, "01_open", "2").code == 0
    assert studio("takes", "star", spoken, "01_open", "--take", "1").code == 0
    assert studio("takes", "note", spoken, "01_open", "too slow", "--take", "1").code == 0
    first, second = takes_of(studio, spoken, "01_open")
    assert (first["starred"], first["note"], second["picked"]) == (True, "too slow", True)
    undone = [studio("takes", "undo", spoken, "--json").json["undone"] for _ in range(3)]
    assert undone == ["take note", "star", "pick"]
    first, second = takes_of(studio, spoken, "01_open")
    assert (first["starred"], first["note"], first["picked"]) == (False, "", True)
    assert studio("takes", "pick", spoken, "01_open", "--none").code == 0
    assert studio("takes", "pick-best", spoken, "--json").json == {"picked": 1}
    assert studio("takes", "pick", spoken, "01_open").code == 2
    assert "has no take 7" in studio("takes", "pick", spoken, "01_open", "7").err


def test_a_locked_beat_stays_as_it_is(studio: Command, spoken: str) -> None:
    assert studio("takes", "lock", spoken, "01_open..02_reply").code == 0
    for words in (["pick", spoken, "01_open", "--none"], ["regenerate", spoken, "01_open", "--speed", "1.1"]):
        said = studio("takes", *words)
        assert (said.code, said.err) == (2, "error: Beat 01_open is locked. Unlock it first.\n")
    assert studio("takes", "unlock", spoken, "01_open", "--json").json == {
        "beats": ["01_open"],
        "locked": False,
    }
    assert "locked" in studio("takes", "list", spoken, "02_reply").out


def test_a_takes_audio_is_where_it_says_and_can_be_taken_away(
    studio: Command, spoken: str, tmp_path: Path
) -> None:
    kept = studio("takes", "path", spoken, "01_open", "--json").json
    (take,) = takes_of(studio, spoken, "01_open")
    info = soundfile.info(kept["path"])
    assert round(info.duration * 1000) == take["duration_ms"]
    for name, kind in {"take.flac": "FLAC", "take.WAV": "WAV"}.items():
        assert studio("takes", "export-audio", spoken, "01_open", "--out", tmp_path / name).code == 0
        assert (soundfile.info(tmp_path / name).format, soundfile.info(tmp_path / name).frames) == (
            kind,
            info.frames,
        )
    said = studio("takes", "export-audio", spoken, "01_open", "--out", tmp_path / "take.ogg")
    assert (said.code, list(tmp_path.glob("*.ogg"))) == (2, [])
    said = studio("takes", "path", spoken, "03_silence")
    assert (said.code, said.err) == (2, "error: Beat 03_silence has no finished take. Generate one first.\n")


def test_an_episode_and_the_editors_archive_come_out(studio: Command, spoken: str, tmp_path: Path) -> None:
    said = studio("export", spoken, "--out", tmp_path / "fog.mp3", "--stereo", "--json")
    assert said.code == 0
    assert said.json["integrated_lufs"] == pytest.approx(-16, abs=0.3)
    assert soundfile.info(tmp_path / "fog.mp3").channels == 2
    assert studio("export", spoken, "--out", tmp_path / "fog.zip", "--zip").code == 0
    names = zipfile.ZipFile(tmp_path / "fog.zip").namelist()
    assert any(name.startswith("01_open") for name in names)


def test_an_episode_with_gaps_asks_first(studio: Command, fog: str, tmp_path: Path) -> None:
    studio("takes", "generate", fog, "01_open", "--pick")
    out = tmp_path / "fog.mp3"
    said = studio("export", fog, "--out", out, "--json")
    assert (said.code, said.json["error"]["code"]) == (2, "Unpicked")
    assert "02_reply" in said.json["error"]["message"]
    assert not out.exists()
    assert studio("export", fog, "--out", out, "--leave-out").code == 0
    assert out.stat().st_size > 5000
    assert studio("export", fog, "--out", out, "--zip", "--stereo").code == 2


def test_an_export_that_cannot_be_made_says_why_and_leaves_the_old_file(
    studio: Command, spoken: str, tmp_path: Path
) -> None:
    out = tmp_path / "fog.mp3"
    out.write_bytes(b"old")
    Path(studio("takes", "path", spoken, "02_reply", "--json").json["path"]).unlink()
    said = studio("export", spoken, "--out", out, "--json")
    assert (said.code, said.json["error"]["code"]) == (3, "Damaged")
    assert out.read_bytes() == b"old"
