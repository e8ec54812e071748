"""The command, called in this process: what it said where, and its exit code. And a studio to call it on."""

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.fog import SCRIPT
from viraltracker.cli.root import root

BROKEN = SCRIPT.replace("[CHARACTER: wojak]", "[CHARACTER: wojack]")


@dataclass(frozen=True)
class Said:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one line of JSON on stdout."""
        (line,) = self.out.splitlines()
        return json.loads(line)

    @property
    def lines(self) -> list[Any]:
        """A line of JSON each."""
        return [json.loads(line) for line in self.out.splitlines()]


Command = Callable[..., Said]


def commanding(environment: dict[str, str]) -> Command:
    """The command with these settings."""

    def command(*arguments: object, stdin: str | bytes | None = None) -> Said:
        done = CliRunner(env=environment).invoke(root, [str(each) for each in arguments], input=stdin)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return Said(done.exit_code, done.stdout, done.stderr)

    return command


def start(environment: dict[str, str], *arguments: object) -> subprocess.Popen[str]:
    """The command in a process of its own; whoever starts it waits for its end."""
    return subprocess.Popen(
        [sys.executable, "-m", "viraltracker.cli", *(str(each) for each in arguments)],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(true: Callable[[], object], patience_s: float = 60.0) -> None:
    """Wait for something that another process or thread does."""
    deadline = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < deadline, "it never came"
        threading.Event().wait(0.02)


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    # A command sets up the process's logging; pytest's own must come back.
    top, factory, loud = logging.root, logging.getLogRecordFactory(), logging.raiseExceptions
    handlers, level = list(top.handlers), top.level
    yield
    top.handlers[:], logging.raiseExceptions = handlers, loud
    top.setLevel(level)
    logging.getLogger("viraltracker").setLevel(logging.NOTSET)
    logging.setLogRecordFactory(factory)


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """A command whose data folder can't be made: whoever needs no studio must not touch it."""
    blocked = tmp_path / "file"
    blocked.touch()
    return commanding({"VIRALTRACKER_DATA": str(blocked / "data")})


@pytest.fixture
def settings(admin_url: str, data_folder: Path) -> dict[str, str]:
    """The environment of a studio with a fresh database and an empty data folder."""
    return {"VIRALTRACKER_DATA": str(data_folder), "DATABASE_URL": admin_url}


@pytest.fixture
def studio(settings: dict[str, str]) -> Command:
    """The command on that studio."""
    return commanding(settings)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A script of three beats, one of them silent."""
    path = tmp_path / "fog.els"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A script with one error."""
    path = tmp_path / "broken.els"
    path.write_text(BROKEN, encoding="utf-8")
    return path
