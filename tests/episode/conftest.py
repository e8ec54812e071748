"""Takes as the blob store keeps them (FLAC, no file ending), timelines over them, and both ffmpegs."""

import shutil
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from tests.audio.signals import voice
from viraltracker.audio import EPISODE_RATE_HZ, Clip, encode_flac
from viraltracker.episode import Encoder, EpisodeBeat, Timeline, lay_out
from viraltracker.units import Samples

_ON_PATH = shutil.which("ffmpeg")
ENCODERS = {"wheel": imageio_ffmpeg.get_ffmpeg_exe()} | ({"path": _ON_PATH} if _ON_PATH else {})

Laid = tuple[Timeline, dict[str, Path]]


@pytest.fixture(params=ENCODERS)
def any_encoder(request: pytest.FixtureRequest) -> Encoder:
    """Every ffmpeg there is here: the wheel's, and the one on PATH."""
    return Encoder(Path(ENCODERS[request.param]))


@pytest.fixture(scope="session")
def spoken() -> np.ndarray:
    """20 s of one voice."""
    return voice(EPISODE_RATE_HZ, 20, 11)


@pytest.fixture
def laid(tmp_path: Path) -> Callable[..., Laid]:
    """Lay samples out as beats `00_beat`, `01_beat`, ..., each kept as a take and followed by a pause."""

    def lay(*takes: np.ndarray | None, pauses_ms: tuple[int, ...] = (), **names: str) -> Laid:
        folder = tmp_path / "blobs"
        folder.mkdir(exist_ok=True)
        beats, sources = [], {}
        for number, samples in enumerate(takes):
            beat_id = f"{number:02d}_beat"
            pause_ms = pauses_ms[number] if pauses_ms else 300
            length = None
            if samples is not None:
                sources[beat_id] = folder / f"{number:064x}"
                sources[beat_id].write_bytes(encode_flac(Clip(samples, EPISODE_RATE_HZ)))
                length = Samples(len(samples))
            name = names.get(f"name_{number}", f"Beat {number}")
            beats.append(EpisodeBeat(beat_id, number, name, ("fed",), pause_ms, length))
        return lay_out(beats), sources

    return lay
