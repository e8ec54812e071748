"""The voice workers on the command line: listed, loaded, unloaded, spoken with, seen by the doctor."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from anyio.from_thread import BlockingPortal, start_blocking_portal

from tests.cli.conftest import Command, commanding, until
from tests.worker.conftest import served
from viraltracker.worker.families import EspeakFamily, ToneFamily
from viraltracker.worker.serve import Serving


@pytest.fixture
def outside() -> Iterator[BlockingPortal]:
    """A loop that is no command's."""
    with start_blocking_portal("asyncio") as portal:
        yield portal


@pytest.fixture
def worker(outside: BlockingPortal) -> Iterator[Serving]:
    made = served(ToneFamily(), EspeakFamily(), name="gpu-box")
    with outside.wrap_async_context_manager(made) as running:
        yield running


@pytest.fixture
def told(settings: dict[str, str], worker: Serving) -> Command:
    """The command of a studio that knows the worker."""
    return commanding({**settings, "VIRALTRACKER_WORKERS": worker.address})


@pytest.fixture
def nowhere(settings: dict[str, str]) -> Iterator[Command]:
    """The command of a studio whose worker is not there: its port is taken, by nobody who speaks."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield commanding({**settings, "VIRALTRACKER_WORKERS": f"127.0.0.1:{taken.getsockname()[1]}"})


def test_models_are_listed_loaded_and_unloaded(told: Command, worker: Serving) -> None:
    (listed,) = told("voices", "workers", "--json").json
    assert (listed["name"], listed["state"], listed["address"]) == ("gpu-box", "ready", worker.address)
    assert {model["id"]: model["state"] for model in listed["models"]}["tone/tone"] == "absent"
    loaded = told("voices", "load", "tone/tone", "--json").json
    assert (loaded["worker"], loaded["state"]) == ("gpu-box", "resident")
    assert "already" in told("voices", "load", "tone/tone", "--worker", "gpu-box").err
    shown = told("voices", "workers").out
    assert f"gpu-box at {worker.address}: ready, " in shown
    assert "in memory" in shown
    assert told("voices", "unload", "tone/tone", "--json").json["workers"] == ["gpu-box"]
    assert "gpu-box: tone/tone is out of memory" in told("voices", "unload", "tone/tone").err
    assert worker.residency.about("tone/tone").state == "absent"


def test_what_no_worker_can_do_is_refused(told: Command, nowhere: Command) -> None:
    for arguments, code, words in (
        (("load", "piper/nobody"), 2, "They have espeak/espeak-ng, tone/tone"),
        (("load", "tone/tone", "--worker", "attic"), 2, "There are gpu-box"),
        (("load", "piper/nobody", "--worker", "gpu-box"), 3, "no model"),  # its own words
        (("unload", "piper/nobody"), 2, "No voice worker has"),
    ):
        said = told("voices", *arguments)
        assert said.code == code
        assert words in said.err
    said = nowhere("voices", "load", "tone/tone")
    assert (said.code, "worker serve" in said.err) == (2, True)
    assert "no answer" in nowhere("voices", "workers").out


def test_a_model_in_use_goes_when_it_is_idle(told: Command, worker: Serving, outside: BlockingPortal) -> None:
    with outside.wrap_async_context_manager(worker.residency.hold("tone/tone", load=True)):
        said = told("voices", "unload", "tone/tone")
        assert (said.code, "in use by 1 session" in said.err) == (3, True)
        assert "goes when it is idle" in told("voices", "unload", "tone/tone", "--when-idle").err
    until(lambda: worker.residency.about("tone/tone").state == "absent")


def test_knobs_are_those_of_the_model(told: Command, tmp_path: Path) -> None:
    arguments = ("voices", "set", "fed", "--engine", "worker", "--voice", "default", "--model")
    said = told(*arguments, "espeak/espeak-ng", "--option", "pitch=400")
    assert (said.code, "Its knobs: pitch 0 to 99" in said.err) == (2, True)
    assert told(*arguments, "espeak/espeak-ng", "--option", "pitch=61", "--option", "volume=50").code == 0
    assert told("voices", "set", "fed", "--option", "volume=none").code == 0
    voice = told("voices", "show", "fed", "--json").json["profile"]["voices"]["worker"]
    assert (voice["model"], voice["options"]) == ("espeak/espeak-ng", {"pitch": 61})
    assert told(*arguments, "tone/tone").code == 0  # which has no pitch
    assert told("voices", "show", "fed", "--json").json["profile"]["voices"]["worker"]["options"] == {}
    engines = {each["engine"]: each for each in told("voices", "engines", "--voices", "--json").json}
    assert list(engines["worker"]["options_by_model"]) == ["espeak/espeak-ng"]
    assert engines["worker"]["options"] == {}
    assert engines["espeak"]["options_by_model"] == {}
    out = tmp_path / "line.wav"
    assert told("voices", "say", "fed", "Closed.", "--out", out).code == 0
    assert soundfile.info(out).duration > 0.2


def test_the_doctor_warns_where_workers_are_wanted(
    settings: dict[str, str], told: Command, nowhere: Command
) -> None:
    def finding(command: Command) -> tuple[str, str]:
        found = {each["what"]: each for each in command("doctor", "--json").json}
        return found["voice workers"]["state"], found["voice workers"]["note"]

    assert finding(told) == ("ok", "1 there: gpu-box, 2 models")
    state, note = finding(nowhere)
    assert (state, note.startswith("none is there. ")) == ("warn", True)
