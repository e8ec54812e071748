"""Exit codes, and how an error is told: its words, never a traceback."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests.cli.conftest import Command, commanding
from viraltracker import errors, log
from viraltracker.cli.edge import exit_code
from viraltracker.errors import (
    BadInput,
    Conflict,
    DiskFull,
    NeedsKey,
    ProviderDown,
    ScriptRefused,
    StudioError,
)
from viraltracker.script import Diagnostic


def failing(error: BaseException) -> object:
    raise error


def told(
    capsys: pytest.CaptureFixture[str], error: BaseException, as_json: bool = False
) -> tuple[int, str, str]:
    code = exit_code(lambda: failing(error), as_json)
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_has_its_exit_code_and_its_words(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    kind: type[StudioError] = getattr(errors, name)
    code, out, err = told(capsys, kind())
    assert code == (2 if issubclass(kind, BadInput | NeedsKey) else 3)
    assert (out, err) == ("", f"error: {kind().message}\n")
    code, out, err = told(capsys, kind(), as_json=True)
    assert json.loads(out) == {"error": {"code": name, "message": kind().message}}
    assert err == ""


def test_a_full_disk_is_not_the_callers_fault(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = told(capsys, DiskFull("The disk of /data has 3 MB left, and this needs 90 MB."))
    assert (code, err) == (3, "error: The disk of /data has 3 MB left, and this needs 90 MB.\n")


def test_what_failed_together_is_told_by_what_has_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    inner = ExceptionGroup("tasks", [ValueError("noise"), Conflict("Somebody saved first.")])
    code, _, err = told(capsys, ExceptionGroup("tasks", [inner, ProviderDown()]))
    assert (code, err) == (3, "error: Somebody saved first.\n")
    assert told(capsys, BaseExceptionGroup("tasks", [KeyboardInterrupt()])) == (130, "", "Stopped.\n")


def test_a_script_is_refused_with_all_its_findings(capsys: pytest.CaptureFixture[str]) -> None:
    found = Diagnostic("bad-pause", "error", 3, 7, "No pause.\x1b[2J", "try [PAUSE: 300]")
    refused = ScriptRefused("It has an error.", diagnostics=(found,), file="fog.els")
    code, _, err = told(capsys, refused)
    assert code == 2
    assert err.startswith("fog.els:3:7: error[bad-pause] No pause.\ufffd[2J\n    hint: try [PAUSE: 300]\n")
    answer = json.loads(told(capsys, refused, as_json=True)[1])["error"]
    assert [each["code"] for each in answer["diagnostics"]] == ["bad-pause"]


def test_a_bug_shows_no_traceback_and_no_words_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    logged = io.StringIO()
    log.configure("info", "json", stream=logged)
    code, out, err = told(capsys, KeyError("the producer's secret line"))
    assert (code, out) == (3, "")
    assert "KeyError" in err
    assert "secret" not in err + logged.getvalue()
    assert "Traceback" not in err
    line = json.loads(logged.getvalue())
    assert (line["event"], line["error"]) == ("command.broke", "KeyError")
    assert any("test_edge.py" in place for place in line["where"])


def test_a_signal_ends_with_its_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, KeyboardInterrupt()) == (130, "", "Stopped.\n")
    assert told(capsys, click.exceptions.Abort())[0] == 130


def test_usage_is_told_with_a_way_out(command: Command) -> None:
    said = command("rendr")
    assert (said.code, said.out) == (2, "")
    assert "No such command 'rendr'" in said.err
    said = command("render", "--json")
    assert (said.code, said.json["error"]["code"]) == (2, "Usage")


def test_who_reads_no_further_is_no_error(script: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "viraltracker.cli", "script", "parse", str(script)]
    run = subprocess.run(command, check=False, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert run.returncode == 141
    assert "Broken" not in run.stderr


@pytest.mark.parametrize("verb", [["sessions", "list"], ["studio"], ["worker"], ["migrate"], ["gc"]])
def test_settings_that_cannot_be_used_are_named(verb: list[str]) -> None:
    said = commanding({"VIRALTRACKER_PORT": "99999", "VIRALTRACKER_PROT": "1"})(*verb)
    assert said.code == 2
    assert "VIRALTRACKER_PORT: " in said.err
    assert "Did you mean VIRALTRACKER_PORT?" in said.err
