"""The commands in the documents do what they say: each page's blocks are run in a studio."""

import re
import shlex
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Command, Said, commanding, start, until
from tests.fog import SCRIPT

ROOT = Path(__file__).parents[2]
GUIDES = sorted((ROOT / "docs").rglob("*.md"))
PROMPT = "$ viraltracker "
WITH_BLOCKS = [path for path in GUIDES if "```console" in path.read_text()]
TITLE = "Lighthouse Diaries, Ep 3"
PLACEHOLDER = "01a1fc4b"
ELSEWHERE = re.compile(
    r"studio |worker |voices (load|unload|install|add-checkpoint|add-adapter) ",
)
"""What stays, wants the network, a checkpoint or a voice worker; tests of their own run those."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where somebody who reads would try it."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / "fog.els").write_text(SCRIPT)
    for name in ("episode.els", "old.els", "new.els"):
        (tmp_path / name).write_text(re.sub("video_title: .*", f"video_title: {TITLE}", SCRIPT))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def working(settings: dict[str, str]) -> Iterator[Command]:
    """The command on a studio with a job worker."""
    command = commanding(settings)
    assert command("migrate").code == 0
    with start(settings, "worker", "--queues", "cloud,cpu", "--name", "by-hand") as process:
        until(lambda: "by-hand" in command("worker", "list").out)
        yield command
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def lines_of(document: str, *, begins: str) -> list[str]:
    """The lines of its blocks that begin so, those that go on put together."""
    blocks = re.findall(r"^```(?:console)?\n(.*?)^```", document, re.MULTILINE | re.DOTALL)
    whole = "".join(blocks).replace("\\\n", " ")
    return [line.removeprefix(begins) for line in whole.splitlines() if line.startswith(begins)]


def run(command: Command, line: str) -> Said:
    """One line as a shell would read it; what is for people behind it left out."""
    return command(*shlex.split(line, comments=True))


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("path", WITH_BLOCKS, ids=lambda path: path.name)
def test_every_block_of_a_page_runs(path: Path, studio: Command) -> None:
    assert studio("migrate").code == 0
    for line in lines_of(path.read_text(), begins=PROMPT):
        said = run(studio, line)
        assert said.code == 0, f"{line}\n{said.out}{said.err}"


def test_every_line_of_the_readmes_list_runs(working: Command, place: Path) -> None:
    listed = (ROOT / "README.md").read_text().partition("## The command line")[2]
    session = ""
    ran = 0
    for line in lines_of(listed, begins="viraltracker "):
        if ELSEWHERE.match(line):
            continue
        said = run(working, line.replace(PLACEHOLDER, session or PLACEHOLDER))
        assert said.code == 0, f"{line}\n{said.out}{said.err}"
        ran += 1
        if line.startswith("sessions new"):
            (session,) = [
                each["id"] for each in working("sessions", "list", "--json").json if each["title"] == TITLE
            ]
    assert ran > 30
    assert {"fog.mp3", "episode.mp3", "episode_audio.zip", "reply.wav", "wojak.wav"} <= {
        each.name for each in place.iterdir()
    }
