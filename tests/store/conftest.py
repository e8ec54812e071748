"""Servers of a test's own, for those that kill them, fill their disks or leave lies behind."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import short_folder
from viraltracker.store import EmbeddedPostgres


@pytest.fixture(scope="session")
def made_folder() -> Iterator[Path]:
    """A data folder with a stopped, empty cluster in it."""
    folder = short_folder()
    EmbeddedPostgres.start(folder).stop()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def used_folder(made_folder: Path, data_folder: Path) -> Path:
    """A copy of a data folder that was used before: making a new cluster would take half a second."""
    subprocess.run(["cp", "-a", f"{made_folder}/.", str(data_folder)], check=True)
    return data_folder


@pytest.fixture
def own_server(used_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A running server with nobody else on it, as durable as a producer's."""
    server = EmbeddedPostgres.start(used_folder)
    yield server
    server.stop()
