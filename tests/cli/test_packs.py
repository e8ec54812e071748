"""`viraltracker voices install` and `voices packs`: licence first, then a pack, whole."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Command, commanding
from tests.worker.piper_voice import voice_config, voice_graph
from tests.worker.voices_server import VoicesServer

KEY = "en_US-hum-low"


@pytest.fixture
def server() -> Iterator[VoicesServer]:
    """A catalogue with one voice."""
    with VoicesServer() as server:
        server.add(KEY, voice_graph(1), json.dumps(voice_config("en-us", {})).encode())
        yield server


@pytest.fixture
def environment(server: VoicesServer, tmp_path: Path) -> dict[str, str]:
    """Of a studio that was never started."""
    return {"VIRALTRACKER_DATA": str(tmp_path / "data"), "VIRALTRACKER_PIPER_VOICES_URL": server.base_url}


@pytest.fixture
def command(environment: dict[str, str]) -> Command:
    """The command there."""
    return commanding(environment)


def test_a_voice_is_installed_after_its_licence_was_shown(command: Command, tmp_path: Path) -> None:
    said = command("voices", "install", "piper", KEY, "--yes")
    folder = tmp_path / "data" / "voicepacks" / "piper" / KEY
    assert said.code == 0
    assert said.out == f"piper/{KEY}: {folder}\n"
    assert "hum, low (English, United States), 1 MB\nLicence: CC BY 4.0" in said.err
    assert (folder / "metadata.yaml").is_file()
    listed = command("voices", "packs")
    assert "CC BY 4.0" in listed.out
    assert f"piper/{KEY}" in listed.out
    again = command("voices", "install", "piper", KEY)
    assert again.code == 0
    assert "there already" in again.err


def test_programs_are_told_what_was_installed(command: Command, tmp_path: Path) -> None:
    packs = tmp_path / "elsewhere"
    told = command("voices", "install", "piper", KEY, "--yes", "--json", "--packs", packs).json
    assert (told["id"], told["installed"], told["licence"]) == (f"piper/{KEY}", True, "CC BY 4.0")
    assert told["folder"] == str(packs / "piper" / KEY)
    assert set(told["sha256"]) == {f"{KEY}.onnx", f"{KEY}.onnx.json"}
    (packs / "piper" / "broken").mkdir()
    listed = command("voices", "packs", "--json", "--packs", packs).json
    assert [pack["id"] for pack in listed["packs"]] == [f"piper/{KEY}"]
    assert [each["id"] for each in listed["broken"]] == ["piper/broken"]
    assert "warning: piper/broken" in command("voices", "packs", "--packs", packs).err


def test_without_a_yes_nothing_is_installed(command: Command, server: VoicesServer, tmp_path: Path) -> None:
    said = command("voices", "install", "piper", KEY)
    assert said.code == 2
    assert "Licence: CC BY 4.0" in said.err
    assert "add --yes" in said.err
    assert "No voice is installed" in command("voices", "packs").err
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(("answer", "code"), [("n\n", 2), ("y\n", 0)])
def test_who_sits_at_a_terminal_is_asked(environment: dict[str, str], answer: str, code: int) -> None:
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "viraltracker.cli", "voices", "install", "piper", KEY],
            env={**os.environ, **environment},
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.write(ours, answer.encode())
        out, err = process.communicate(timeout=60)
    finally:
        os.close(ours)
        os.close(theirs)
    assert process.returncode == code, err
    assert err.index("Licence: CC BY 4.0") < err.index("Is that all right for you?")
    assert bool(out) is (code == 0)


def test_what_goes_wrong_is_said_with_its_exit_code(command: Command, server: VoicesServer) -> None:
    unknown = command("voices", "install", "piper", "en_US-hum-high", "--yes", "--json")
    assert unknown.code == 2
    assert "Did you mean en_US-hum-low?" in unknown.json["error"]["message"]
    assert command("voices", "install", "festival", KEY).code == 2
    server.statuses["voices.json"] = 500
    down = command("voices", "install", "piper", KEY, "--yes")
    assert (down.code, down.out) == (3, "")
    assert "answered 500" in down.err


@pytest.mark.parametrize("url", ["ftp://x", "http://voices.example/main", "https://me:secret@x/main", "x"])
def test_an_unsafe_catalogue_is_refused(url: str, tmp_path: Path) -> None:
    said = commanding({"VIRALTRACKER_PIPER_VOICES_URL": url})("voices", "packs", "--packs", tmp_path)
    assert said.code == 2
    assert "VIRALTRACKER_PIPER_VOICES_URL: that is no safe address of a catalogue" in said.err
    assert "secret" not in said.err
