"""Bad input: a message that names the thing, exit code 2, and nothing changed."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.fog import SCRIPT
from viraltracker.errors import DiskFull
from viraltracker.workflow import refuse_full_disk

RENDER = ("render", "{script}", "--out")

TABLE = [
    (("render", "{tmp}/none.els", "--out", "{tmp}/x.mp3"), "no such file"),
    (("render", "{tmp}", "--out", "{tmp}/x.mp3"), "is a directory"),
    (("render", "{binary}", "--out", "{tmp}/x.mp3"), "not UTF-8"),
    (("render", "{broken}", "--out", "{tmp}/x.mp3"), "error[unknown-character]"),
    ((*RENDER, "{tmp}/none/x.mp3"), "There is no folder"),
    ((*RENDER, "{tmp}"), "is a folder"),
    ((*RENDER, "/dev/null"), "no ordinary file"),
    (
        (*RENDER, "{tmp}/x.mp3", "--engine", "abacus"),
        'no engine "abacus". The engines: espeak, elevenlabs, worker.',
    ),
    ((*RENDER, "{tmp}/x.mp3", "--engine", "elevenlabs"), "ELEVENLABS_API_KEY"),
    ((*RENDER, "{tmp}/x.mp3", "--session", "Dew"), 'no session "Dew"'),
    (("render", "{script}"), "Missing option '--out'"),
    (("export", "Dew", "--out", "{tmp}/x.mp3"), 'no session "Dew"'),
    (("export", "Fog", "--out", "{tmp}/x.mp3"), "2 of 3 beats have no picked take"),
    (("export", "Fog", "--out", "{tmp}/none/x.mp3"), "There is no folder"),
    (("sessions", "new", "{broken}"), "error[unknown-character]"),
    (("sessions", "new", "{binary}"), "not UTF-8"),
    (("sessions", "save", "Fog", "{broken}"), "error[unknown-character]"),
    (("sessions", "rename", "Fog", " "), "needs a title"),
    (("sessions", "rename", "Fog", "x" * 256), "256 characters long"),
    (("sessions", "delete", "fog"), 'no session "fog"'),
    (("sessions", "show", "01"), 'no session "01"'),
    (("sessions", "show", "'; drop table sessions; --"), "no session"),
    (("takes", "generate", "Fog"), "Name beats or ranges"),
    (("takes", "generate", "Fog", "09_none"), "It has 01_open, 02_reply, 03_silence."),
    (("takes", "generate", "Fog", "03_silence"), "nothing to say"),
    (("takes", "regenerate", "Fog", "01_open", "--stability", "2"), "0.0<=x<=1.0"),
    (("takes", "regenerate", "Fog", "03_silence"), "nothing to say"),
    (("takes", "pick", "Fog", "01_open", "1"), "has no take 1"),
    (("takes", "star", "Fog", "01_open"), "no finished take"),
    (("takes", "note", "Fog", "01_open", "x" * 2001), "2000 characters"),
    (("studio", "--port", "0"), "1<=x<=65535"),
    (("studio", "--port", "many"), "not a valid integer"),
    (("worker", "--queues", "cpu,quantum"), "no queue 'quantum'"),
    (("backup", "{tmp}/none/x.tar"), "There is no folder"),
    (("backup", "{script}"), "There is a file at"),
    (("restore", "{tmp}/none.tar"), "no archive at"),
    (("script", "format", "{script}", "{broken}"), "Several files need --write"),
    (("script", "format", "--write", "-"), "can't be written in place"),
    (("script", "parse", "{tmp}/none.els"), "no such file"),
]


@pytest.fixture
def files(tmp_path: Path, script: Path, broken: Path) -> dict[str, Path]:
    """What the table's rows name."""
    binary = tmp_path / "film.els"
    binary.write_bytes(bytes(range(256)) * 100)
    return {"tmp": tmp_path, "script": script, "broken": broken, "binary": binary}


def test_bad_input_is_named_and_changes_nothing(studio: Command, files: dict[str, Path]) -> None:
    studio("sessions", "new", files["script"])
    before = studio("sessions", "list", "--json").json
    seen = {path: path.read_bytes() for path in files["tmp"].iterdir()}
    wrong = []
    for words, message in TABLE:
        said = studio(*(word.format(**files) if "{" in word else word for word in words))
        if said.code != 2 or message not in said.err or "Traceback" in said.err or said.out:
            wrong.append((words, said))
    assert wrong == []
    assert studio("sessions", "list", "--json").json == before
    assert studio("sessions", "list", "--trash", "--json").json == []
    assert {path: path.read_bytes() for path in files["tmp"].iterdir()} == seen


def test_bad_input_is_told_to_programs_as_json(studio: Command, files: dict[str, Path]) -> None:
    said = studio("render", files["broken"], "--out", files["tmp"] / "x.mp3", "--json")
    assert (said.code, said.err) == (2, "")
    error = said.json["error"]
    assert error["code"] == "ScriptRefused"
    assert error["message"].startswith(str(files["broken"]))
    assert [each["line"] for each in error["diagnostics"] if each["severity"] == "error"] == [
        SCRIPT.splitlines().index("[CHARACTER: wojak]") + 1
    ]


def test_a_full_disk_is_noticed_before_work_starts(tmp_path: Path) -> None:
    refuse_full_disk(1000, tmp_path, tmp_path / "not" / "yet")
    with pytest.raises(DiskFull, match="nothing was changed"):
        refuse_full_disk(10**12, tmp_path)
