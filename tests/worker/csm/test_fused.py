"""Fused frames: the tokens of plain ones, a line the same alone and in company; refused without a GPU."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from viraltracker.errors import SettingsRefused
from viraltracker.worker.config import Csm, FrameKind
from viraltracker.worker.csm.ensemble import Ensemble

pytestmark = pytest.mark.xdist_group("csm")


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.worker.csm.interpreted"],
        env={**os.environ, "TRITON_INTERPRET": "1", "PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def test_tokens_are_those_of_plain_frames_in_a_mixed_batch(told: dict[str, Any]) -> None:
    assert told["fused"] == told["plain"]
    assert len({tuple(frame) for line in told["plain"] for frame in line}) > 3, "lines that say something"


def test_a_line_is_the_same_alone(told: dict[str, Any]) -> None:
    (alone,) = told["alone"]
    assert alone == told["fused"][1]


@pytest.mark.parametrize("frames", ["fused", "overlapped"])
def test_without_a_gpu_they_are_refused_with_what_to_do(checkpoint: Path, frames: FrameKind) -> None:
    ensemble = Ensemble(checkpoint, Csm(device="cpu", frames=frames))
    with pytest.raises(SettingsRefused, match=r"Set `csm\.frames` to plain"):
        ensemble.open()
