"""`viraltracker script`: what it says of good, bad and hostile scripts, and how little it needs for that."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import BROKEN, Command
from tests.fog import SCRIPT
from viraltracker.script import Cast, parse, to_json
from viraltracker.voices import cast_names, seeded_cast, seeded_profiles

HEAVY = {"psycopg", "numpy", "scipy", "streamlit", "elevenlabs", "procrastinate", "anyio", "rich"}


def seeded() -> Cast:
    return Cast(*cast_names(seeded_cast()))


def test_checking_a_script_loads_neither_numbers_nor_a_database(script: Path) -> None:
    code = (
        "import sys\nfrom viraltracker.cli.root import root\n"
        "try:\n    root(sys.argv[1:])\nexcept SystemExit as end:\n    assert not end.code\n"
        "sys.stderr.write(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, "script", "parse", str(script), "--json"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "VIRALTRACKER_DATA": "/dev/null/nowhere", "DATABASE_URL": "no address"},
    )
    assert json.loads(run.stdout)["title"] == "Fog"
    assert HEAVY.isdisjoint(run.stderr.split())


def test_parse_prints_the_object_that_is_promised(command: Command, script: Path) -> None:
    said = command("script", "parse", script, "--json")
    assert said.code == 0
    speeds = {profile.character: profile.speed for profile in seeded_profiles()}
    assert said.json == json.loads(json.dumps(to_json(parse(SCRIPT, seeded(), speeds))))
    assert list(said.json) == ["title", "project", "beats", "diagnostics", "stats"]
    assert list(said.json["beats"][0]["segments"][0]) == [
        *("character", "direction", "pace", "stability", "style", "text"),
        *("audio_tags", "emphasis", "strong_emphasis", "pause_after_ms"),
    ]


def test_several_files_are_one_object_a_line_with_its_file(
    command: Command, script: Path, broken: Path
) -> None:
    said = command("script", "parse", script, broken, "--json")
    assert said.code == 1
    assert [line["file"] for line in said.lines] == [str(script), str(broken)]
    assert [line["title"] for line in said.lines] == ["Fog", None]


def test_errors_are_told_as_a_compiler_tells_them(command: Command, broken: Path) -> None:
    said = command("script", "check", broken)
    assert said.code == 1
    place = f"{broken}:{BROKEN.splitlines().index('[CHARACTER: wojack]') + 1}:13: error[unknown-character] "
    assert said.out.startswith(place)
    assert "hint: did you mean `[CHARACTER: wojak]`?" in said.out
    assert said.err == f"{broken}: 1 error, 1 warning\n"


def test_check_answers_programs_too(command: Command, script: Path, broken: Path) -> None:
    said = command("script", "check", script, broken, "--json")
    assert said.code == 1
    clean, wrong = said.lines
    assert (clean["errors"], clean["warnings"]) == (0, 1)  # the silent beat
    assert (wrong["errors"], wrong["diagnostics"][0]["code"]) == (1, "unknown-character")


def test_stdin_is_a_file_too(command: Command) -> None:
    assert command("script", "check", "-", stdin=SCRIPT).code == 0
    assert command("script", "parse", "-", "--json", stdin=BROKEN).json["diagnostics"]
    said = command("script", "check", "-", "--json", stdin=b"\xff\xfe\x00")
    assert (said.code, said.json["diagnostics"][0]["code"]) == (1, "not-utf8")


def test_people_are_told_what_a_script_becomes(command: Command, script: Path) -> None:
    said = command("script", "parse", script)
    assert said.code == 0
    assert "Fog (harbour)" in said.out
    assert "fed: The harbour is closed." in said.out
    assert "warning[silent-beat]" in said.err


def test_what_a_stranger_wrote_cannot_steer_the_terminal(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "evil.els"
    path.write_text(
        SCRIPT.replace("Fog Rolls In", "Fog \u202e rolls").replace("[PAUSE: beat]", "[PACE: \x1b[2J]")
    )
    for verb in ("check", "parse"):
        said = command("script", verb, path)
        assert said.code == 1
        assert not {"\x1b", "\u202e"} & set(said.out + said.err)
    assert command("script", "parse", path, "--json").out.isascii()


def test_format_prints_the_tidy_spelling(command: Command, script: Path) -> None:
    untidy = SCRIPT.replace("[META]", "  [meta]").replace("\n\n[BEAT: 02", "\n[beat: 02")
    said = command("script", "format", "-", stdin=untidy)
    assert said.code == 0
    assert parse(said.out, seeded()).script == parse(untidy, seeded()).script
    assert command("script", "format", "-", stdin=said.out).out == said.out
    assert said.out != untidy


def test_format_writes_in_place_and_keeps_the_files_rights(command: Command, script: Path) -> None:
    script.write_text(SCRIPT.replace("\n\n[BEAT: 02", "\n[BEAT: 02"), encoding="utf-8")
    script.chmod(0o640)
    said = command("script", "format", "--write", "--json", script)
    assert (said.code, said.json) == (0, {"file": str(script), "changed": True})
    assert script.read_text(encoding="utf-8") == SCRIPT
    assert script.stat().st_mode & 0o777 == 0o640
    assert command("script", "format", "--write", "--json", script).json["changed"] is False
    assert list(script.parent.glob(".*")) == []


def test_format_changes_no_file_when_one_has_errors(command: Command, script: Path, broken: Path) -> None:
    untidy = SCRIPT.replace("\n\n[BEAT: 02", "\n[BEAT: 02")
    script.write_text(untidy, encoding="utf-8")
    said = command("script", "format", "--write", script, broken)
    assert said.code == 1
    assert f"{broken}:" in said.err
    assert script.read_text(encoding="utf-8") == untidy
    assert broken.read_text(encoding="utf-8") == BROKEN


def test_diff_says_which_takes_become_stale(command: Command, script: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.els"
    newer.write_text(SCRIPT.replace("always", "never").replace("[PAUSE: 500]", "[PAUSE: 600]"))
    said = command("script", "diff", script, newer, "--json")
    assert said.code == 0
    assert [(each["beat"], each["kinds"], each["needs_take"]) for each in said.json["changes"]] == [
        ("01_open", ["text"], True),
        ("03_silence", ["trailing-pause"], False),
    ]
    assert said.json["unchanged"] == ["02_reply"]
    words = command("script", "diff", script, newer).out
    assert "01_open: text (takes become stale)" in words
    assert command("script", "diff", script, "-", stdin=BROKEN).code == 1


@pytest.mark.parametrize("as_json", [False, True])
def test_a_file_that_cannot_be_read_is_bad_input_and_the_others_are_read(
    command: Command, script: Path, tmp_path: Path, as_json: bool
) -> None:
    flag = ["--json"] if as_json else []
    said = command("script", "check", tmp_path / "nowhere", script, *flag)
    assert said.code == 2
    assert (len(said.lines) == 2) if as_json else (str(script) in said.err)
    assert "no such file" in (said.out if as_json else said.err)


def test_the_stored_cast_is_used_when_asked_for(studio: Command, script: Path) -> None:
    session = studio("sessions", "new", script, "--json").json["id"]
    assert studio("script", "check", script, "--session", session[:13]).code == 0
    said = studio("script", "check", script, "--session", "Dew", "--json")
    assert (said.code, said.json["error"]["code"]) == (2, "NotFound")
