"""`viraltracker studio` and `worker` as processes: ready, watched over, and gone without a trace."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import Command, commanding, start, until
from tests.ports import free_port


@contextlib.contextmanager
def opened(settings: dict[str, str], port: int) -> Iterator[subprocess.Popen[str]]:
    """A studio, from its word that it is ready until it is closed."""
    process = start(settings, "studio", "--port", port, "--no-browser", "--json")
    assert process.stdout is not None
    line = process.stdout.readline()
    try:
        assert json.loads(line or "{}").get("url") == f"http://127.0.0.1:{port}", process.communicate()[1]
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


@pytest.fixture
def settings_of(data_folder: Path) -> dict[str, str]:
    """A studio on its embedded database."""
    return {"VIRALTRACKER_DATA": str(data_folder)}


def test_the_studio_opens_stays_open_and_closes_without_a_trace(
    settings_of: dict[str, str], data_folder: Path
) -> None:
    port = free_port()
    command = commanding(settings_of)
    with opened(settings_of, port) as process:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as answer:
            assert json.load(answer) == {"status": "ok"}
        (example,) = command("sessions", "list", "--json").json
        assert (example["status"], example["beats"] > 2) == ("draft", True)
        # The worker that came with it makes what is asked for.
        made = command("takes", "generate", example["id"], "--missing", "--json")
        assert {take["status"] for take in made.json["takes"]} == {"done"}

        second = command("studio", "--port", port)
        assert second.code == 2
        assert f"A studio is open at http://127.0.0.1:{port} already" in second.err

        children = psutil.Process(process.pid).children()
        assert len(children) == 2
        for child in children:
            child.kill()
        until(lambda: _healthy(port) and "1 alive: studio" in command("doctor").out)

        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert psutil.wait_procs(family, timeout=5)[1] == []
    assert not (data_folder / "postgres" / "postmaster.pid").exists()
    assert command("sessions", "list", "--json").json[0]["id"] == example["id"]


def test_a_studio_that_is_killed_takes_its_processes_along(
    settings_of: dict[str, str], data_folder: Path
) -> None:
    with opened(settings_of, free_port()) as process:
        family = psutil.Process(process.pid).children(recursive=True)
        assert family
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert psutil.wait_procs(family, timeout=30)[1] == []
    assert not (data_folder / "postgres" / "postmaster.pid").exists()


def test_a_port_that_is_taken_is_named(settings_of: dict[str, str], data_folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = commanding(settings_of)("studio", "--port", port, "--json")
    assert said.code == 2
    assert said.json["error"]["message"] == f"Another program uses port {port}. Choose another with --port."
    assert list(data_folder.iterdir()) == []


def test_a_studio_without_login_is_not_opened_to_the_network(settings_of: dict[str, str]) -> None:
    said = commanding({**settings_of, "VIRALTRACKER_ADDRESS": "0.0.0.0"})("studio", "--json")  # noqa: S104
    assert said.code == 2
    assert "it has no login" in said.json["error"]["message"]


def test_a_worker_is_listed_drained_and_gone(studio: Command, settings: dict[str, str]) -> None:
    process = start(settings, "worker", "--name", "north", "--queues", "cpu")
    until(lambda: "north" in studio("worker", "list").out)
    (row,) = studio("worker", "list", "--json").json
    assert (row["name"], row["queues"], row["told"], row["kept"]) == ("north", ["cpu"], "work", False)
    nobody = studio("worker", "drain", "south")
    assert (nobody.code, "There are north." in nobody.err) == (2, True)
    told = studio("worker", "drain", "north", "--json")
    assert told.json == {"id": row["id"], "name": "north", "told": "drain"}
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert '"event": "worker.draining"' in err
    assert "No job worker is running" in studio("worker", "list").err
    assert "There is no job worker" in studio("worker", "stop", row["id"]).err


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_works_until_it_is_told_to_stop(
    studio: Command, settings: dict[str, str], script: Path, how: signal.Signals
) -> None:
    process = start(settings, "worker", "--name", "north", "--queues", "cpu,cloud,gpu")
    until(lambda: "north" in studio("doctor").out)
    session = studio("sessions", "new", script, "--json").json["id"]
    made = studio("takes", "generate", session, "--missing", "--json")
    assert {take["status"] for take in made.json["takes"]} == {"done"}
    process.send_signal(how)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    assert err.count('"event": "take.made"') == 2
    assert "The harbour" not in err
    assert "north" not in studio("doctor").out


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
