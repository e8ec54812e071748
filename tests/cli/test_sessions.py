"""`viraltracker sessions`: made, named in three ways, saved, renamed, copied, put away and brought back."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.fog import SCRIPT


@pytest.fixture
def fog(studio: Command, script: Path) -> str:
    """A session's id."""
    return str(studio("sessions", "new", script, "--json").json["id"])


def titles(studio: Command, *shelf: str) -> list[str]:
    return [each["title"] for each in studio("sessions", "list", *shelf, "--json").json]


def test_a_session_is_made_listed_and_shown(studio: Command, fog: str) -> None:
    (listed,) = studio("sessions", "list", "--json").json
    assert (listed["id"], listed["title"], listed["status"]) == (fog, "Fog", "draft")
    assert listed["states"] == {"empty": 2, "picked": 1}
    shown = studio("sessions", "show", "Fog", "--json").json
    assert [beat["beat"] for beat in shown["beats"]] == ["01_open", "02_reply", "03_silence"]
    assert studio("sessions", "show", fog[:9], "--script").out == SCRIPT
    people = studio("sessions", "show", fog.upper())
    assert "01_open" in people.out
    assert "Fog" in studio("sessions", "list").out


def test_a_script_may_come_from_stdin_and_its_warnings_are_told(studio: Command) -> None:
    said = studio("sessions", "new", "-", stdin=SCRIPT.replace("video_title: Fog\n", ""))
    assert said.code == 0
    assert "warning[no-title]" in said.err
    assert titles(studio) == ["Untitled"]


def test_saving_makes_a_version_and_only_if_something_differs(
    studio: Command, fog: str, script: Path
) -> None:
    assert "Nothing differs" in studio("sessions", "save", fog, script).err
    script.write_text(SCRIPT.replace("always", "never"), encoding="utf-8")
    assert "version 2" in studio("sessions", "save", fog, script).err
    assert studio("sessions", "show", fog, "--script", "--json").json["script_number"] == 2


def test_a_session_goes_away_and_comes_back(studio: Command, fog: str) -> None:
    for away, shelf, back in (("archive", "--archived", "unarchive"), ("delete", "--trash", "restore")):
        assert studio("sessions", away, "Fog").code == 0
        assert (titles(studio), titles(studio, shelf)) == ([], ["Fog"])
        assert studio("sessions", back, "Fog").code == 0
        assert (titles(studio), titles(studio, shelf)) == (["Fog"], [])
    said = studio("sessions", "restore", fog)
    assert (said.code, said.err) == (2, "error: That session is not in the trash.\n")


def test_titles_and_caps_change(studio: Command, fog: str) -> None:
    assert studio("sessions", "rename", "Fog", "Mist").code == 0
    assert studio("sessions", "cap", "Mist", "2.50").code == 0
    assert studio("sessions", "show", "Mist", "--json").json["cap_usd"] == 2.5
    assert studio("sessions", "cap", "Mist", "none", "--json").json == {"id": fog}
    assert studio("sessions", "show", "Mist", "--json").json["cap_usd"] is None
    for amount in ("much", "-1", "nan"):
        assert studio("sessions", "cap", "Mist", "--", amount).code == 2


def test_a_name_for_two_is_refused_with_both(studio: Command, fog: str) -> None:
    copy = studio("sessions", "duplicate", fog, "Fog", "--json").json["id"]
    said = studio("sessions", "rename", "Fog", "Mist")
    assert said.code == 2
    assert all(text in said.err for text in (fog, copy, "can mean 2 sessions"))
    assert titles(studio) == ["Fog", "Fog"]
    # In the archive a title no longer stands in the way of one in use.
    studio("sessions", "archive", copy)
    assert studio("sessions", "rename", "Fog", "Mist").code == 0
    assert studio("sessions", "show", fog, "--json").json["title"] == "Mist"
    assert studio("sessions", "duplicate", "Mist").code == 0
    assert sorted(titles(studio)) == ["Mist", "Mist copy"]


def test_a_hostile_title_cannot_steer_the_terminal(studio: Command, fog: str) -> None:
    assert studio("sessions", "rename", fog, "\x1b]0;mine\x07[red]Fog\u202e").code == 0
    said = studio("sessions", "list")
    assert not {"\x1b", "\x07", "\u202e"} & set(said.out)
    assert "[red]Fog" in said.out
    assert "\x1b" not in studio("sessions", "show", fog).out


def test_nothing_to_list_says_what_to_do(studio: Command) -> None:
    said = studio("sessions", "list")
    assert (said.code, said.out) == (0, "")
    assert "sessions new FILE" in said.err
    assert studio("sessions", "list", "--json").json == []
