"""`viraltracker voices add-checkpoint` and `add-adapter`: folders of this machine become packs, whole."""

from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Command, commanding
from viraltracker.audio import Clip, encode_wav
from viraltracker.worker import Line
from viraltracker.worker.config import Csm
from viraltracker.worker.families import CsmFamily
from viraltracker.worker.packs import read_packs

pytestmark = pytest.mark.xdist_group("csm")


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    return tmp_path / "data" / "voicepacks"


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return commanding({"VIRALTRACKER_DATA": str(tmp_path / "data")})


@pytest.fixture
def based(command: Command, csm_packs: Path) -> Command:
    """The command, once a checkpoint is there."""
    checkpoint = csm_packs / "tiny" / "checkpoint"
    assert command("voices", "add-checkpoint", checkpoint, "--licence", "Apache-2.0").code == 0
    return command


def clip(csm_packs: Path, mood: str = "default") -> Path:
    return csm_packs / "anna" / f"{mood}.wav"


def usual(csm_packs: Path, **instead: object) -> list[object]:
    """The words of an `add-adapter` that works."""
    options = {
        "name": "nell",
        "anchor": clip(csm_packs),
        "transcript": "So I say it.",
        "consent": "own voice",
        "licence": "mine",
        **instead,
    }
    words: list[object] = ["voices", "add-adapter", csm_packs / "anna" / "adapter"]
    for name, value in options.items():
        words += [f"--{name}", value]
    return words


async def test_an_adapter_and_its_clips_become_a_voice_that_speaks(
    based: Command, csm_packs: Path, packs: Path
) -> None:
    said = based(*usual(csm_packs), "--mood", "calm", clip(csm_packs, "calm"), "Calmly now.", "--json")
    assert said.code == 0, said.err
    assert (said.json["id"], said.json["consent"], said.json["licence"]) == ("csm/nell", "own voice", "mine")
    found = {pack.id: pack for pack in read_packs(packs).packs}
    assert set(found) == {"csm/csm-1b", "csm/nell"}
    model = await CsmFamily(Csm(slots=1, attempts=1)).load(found["csm/nell"])
    assert [voice.id for voice in model.voices] == ["default", "calm"]
    made = [rendered async for rendered in model.render([Line("Hello.", "calm", seed=1)])]
    assert made[0].samples is not None
    await model.close()


def test_a_name_that_is_taken_is_kept_unless_it_is_to_be_replaced(
    based: Command, csm_packs: Path, packs: Path
) -> None:
    assert based(*usual(csm_packs)).code == 0
    again = based(*usual(csm_packs, licence="another"))
    assert again.code == 2
    assert "there already" in again.err
    assert based(*usual(csm_packs, licence="another"), "--force").code == 0
    assert {pack.licence for pack in read_packs(packs).packs} == {"Apache-2.0", "another"}


def test_without_a_checkpoint_there_is_nothing_to_speak_with(
    command: Command, csm_packs: Path, packs: Path
) -> None:
    for options in ({}, {"base": "csm-1b"}):
        said = command(*usual(csm_packs, **options))
        assert said.code == 2
        assert "add-checkpoint" in said.err
    assert not packs.exists() or not list(packs.rglob("*.yaml"))


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("empty", "adapter_config.json is missing"),
        ("short", "0.3 s long"),
        ("noise", "no WAV, FLAC, MP3 or OGG"),
        ("wordless", "needs the words"),
        ("name", "can't be a voice's name"),
        ("mood", "can't be a mood"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_left(
    based: Command, csm_packs: Path, packs: Path, tmp_path: Path, what: str, told: str
) -> None:
    bad = tmp_path / "clip.wav"
    words = usual(csm_packs)
    if what == "empty":
        (tmp_path / "nothing").mkdir()
        words[2] = tmp_path / "nothing"
    elif what == "short":
        bad.write_bytes(encode_wav(Clip(np.zeros(7_200, np.float32), 24_000)))
        words = usual(csm_packs, anchor=bad)
    elif what == "noise":
        bad.write_bytes(b"RIFT" * 100)
        words = usual(csm_packs, anchor=bad)
    elif what == "wordless":
        words = usual(csm_packs, transcript=" ")
    elif what == "name":
        words = usual(csm_packs, name="../nell")
    else:
        words += ["--mood", "Very Calm", clip(csm_packs), "So."]
    said = based(*words)
    assert said.code == 2
    assert told in said.err
    assert sorted(path.name for path in (packs / "csm").iterdir()) == ["csm-1b"]


def test_a_folder_that_is_no_checkpoint_is_refused(command: Command, csm_packs: Path, packs: Path) -> None:
    said = command("voices", "add-checkpoint", csm_packs / "anna" / "adapter", "--licence", "x")
    assert said.code == 2
    assert "config.json is missing" in said.err
    assert list((packs / "csm").iterdir()) == []
