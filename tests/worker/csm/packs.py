"""Packs of the tiny checkpoint: `csm/tiny` itself, and two voices over it with clips of their own.

packs = tiny_packs(tmp_path)        # the folder `csm` of a folder of packs
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.worker.csm.tiny import tiny_adapter, tiny_checkpoint
from viraltracker.audio import Clip, encode_wav
from viraltracker.worker import Pack
from viraltracker.worker.packs import write_metadata

__all__ = ["tiny_packs", "write_clip", "write_pack"]


def tiny_packs(folder: Path) -> Path:
    """Write `csm/tiny` (the base voice), `csm/anna` (two moods) and `csm/ben` into `folder`; `folder/csm`."""
    packs = folder / "csm"
    checkpoint = tiny_checkpoint(packs / "tiny" / "checkpoint")
    write_pack(packs / "tiny", {})
    for number, (name, moods) in enumerate({"anna": ("default", "calm"), "ben": ("default",)}.items(), 1):
        tiny_adapter(checkpoint, packs / name / "adapter", seed=number, rank=4 * number)
        for mood in moods:
            write_clip(packs / name / f"{mood}.wav", hz=110.0 * number + len(mood))
        write_voice(packs / name, moods)
    return packs


def write_voice(folder: Path, moods: Sequence[str]) -> None:
    """The pack of a voice over `csm/tiny`, with clips of those moods."""
    anchors = [{"file": f"{mood}.wav", "transcript": f"So I say it {mood}.", "mood": mood} for mood in moods]
    write_pack(folder, {"base": "tiny", "anchors": anchors})


def write_pack(folder: Path, settings: dict[str, object]) -> None:
    """The pack's `metadata.yaml`."""
    folder.mkdir(parents=True, exist_ok=True)
    pack = Pack(
        id=f"csm/{folder.name}",
        family="csm",
        title=folder.name.title(),
        version="1",
        languages=("en",),
        capabilities=frozenset({"streaming", "batching", "speed", "seed"}),
        rate_hz=24_000,
        licence="Apache-2.0",
        consent="synthetic",
        folder=folder,
        settings=settings,
    )
    write_metadata(folder, pack)


def write_clip(path: Path, hz: float, seconds: float = 1.2) -> None:
    """A hum of that pitch."""
    times = np.arange(round(24_000 * seconds)) / 24_000
    path.write_bytes(encode_wav(Clip((0.3 * np.sin(2 * np.pi * hz * times)).astype(np.float32), 24_000)))
