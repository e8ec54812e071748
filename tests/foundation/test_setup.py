"""The two commands: which Python they take, and that a second start installs nothing."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PYTHONS = {
    "old": "exit 1",
    "lame": 'case "$2" in *ensurepip*) exit 1;; esac',
    "good": 'case "$1" in -m) mkdir -p "$3" && touch "$3/made-by-good";; esac',
}


@pytest.fixture
def pythons(tmp_path: Path) -> dict[str, str]:
    """Programs that answer as a Python would: too old, without ensurepip, and a good one."""
    paths = {}
    for name, body in PYTHONS.items():
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
        paths[name] = str(program)
    return paths


def make_venv(folder: Path, *candidates: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(ROOT / ".ci/make-venv"), str(folder), *candidates]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def planned(*words: str) -> str:
    """What make would run."""
    # The suite itself is run by a make, which would speak to this one through the environment.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
    }
    command = ["make", "--dry-run", "--no-print-directory", *words]
    run = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, env=environment)
    return run.stdout


def test_the_first_python_that_can_is_taken(tmp_path: Path, pythons: dict[str, str]) -> None:
    run = make_venv(tmp_path / "venv", "no-such-python", pythons["old"], pythons["lame"], pythons["good"])
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "venv/made-by-good").exists()


def test_a_python_without_ensurepip_is_said_to_be_so(tmp_path: Path, pythons: dict[str, str]) -> None:
    run = make_venv(tmp_path / "venv", pythons["old"], pythons["lame"])
    assert run.returncode == 1
    assert "apt install python3-venv" in run.stderr


def test_no_python_is_said_to_be_so(tmp_path: Path, pythons: dict[str, str]) -> None:
    run = make_venv(tmp_path / "venv", pythons["old"], "no-such-python")
    assert run.returncode == 1
    assert "No Python 3.11 or newer was found" in run.stderr


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """An environment as a finished installation leaves it."""
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    for name in ("bin/python", ".studio", ".dev", ".csm"):
        (venv / name).touch()
    return venv


def test_the_first_start_makes_an_environment_and_installs_the_pins(tmp_path: Path) -> None:
    plan = planned("studio", f"VENV={tmp_path / 'venv'}")
    assert plan.index("make-venv") < plan.index("--editable . --constraint constraints.txt")
    assert plan.index("--constraint") < plan.index("viraltracker studio")


def test_a_second_start_goes_straight_to_the_studio(installed: Path) -> None:
    plan = planned("studio", f"VENV={installed}", "ARGS=--port 8600")
    assert plan.strip() == f"exec {installed}/bin/viraltracker studio --port 8600"
    assert "pip" not in planned("test", f"VENV={installed}")


def test_new_pins_are_installed(installed: Path) -> None:
    past = (ROOT / "constraints.txt").stat().st_mtime - 1
    os.utime(installed / ".studio", (past, past))
    assert "pip install" in planned("studio", f"VENV={installed}")
