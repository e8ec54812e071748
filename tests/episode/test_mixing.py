"""The mix is what the timeline says, however it is cut into windows."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.audio import EPISODE_RATE_HZ, Clip, ClipReader, encode_flac, join
from viraltracker.episode import PlacedClip, Timeline
from viraltracker.episode.mixing import WINDOW, windows
from viraltracker.errors import BadAudio, NotFound
from viraltracker.units import Samples, db_to_gain

Laid = tuple[Timeline, dict[str, Path]]


def mixed(timeline: Timeline, sources: dict[str, Path]) -> np.ndarray:
    parts = list(windows(timeline, sources))
    assert all(len(part) == WINDOW for part in parts[:-1])
    return np.concatenate(parts)


def kept(path: Path, samples: np.ndarray, rate_hz: int = EPISODE_RATE_HZ) -> Path:
    path.write_bytes(encode_flac(Clip(samples, rate_hz)))
    return path


def noise(length: int, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).integers(-9000, 9000, length) / 32768).astype(np.float32)


def test_beats_in_a_row_sound_as_if_joined(laid: Callable[..., Laid]) -> None:
    takes = [noise(n, n) for n in (300, 200_001, 44_100, 700_000)]
    pauses_ms = (150, 333, 0, 901)
    timeline, sources = laid(*takes, pauses_ms=pauses_ms)
    wanted = join([Clip(take, EPISODE_RATE_HZ) for take in takes], pauses_ms[:-1])
    mix = mixed(timeline, sources)
    assert np.array_equal(mix[: wanted.length], wanted.samples)
    assert not mix[wanted.length :].any()
    assert len(mix) == timeline.length


@given(st.data())
def test_overlapping_clips_add_up_at_their_gains(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("mix")
    sources = {name: kept(folder / name, noise(9000, seed)) for seed, name in enumerate("abc")}
    raw = {name: noise(9000, seed) for seed, name in enumerate("abc")}
    clips, wanted = [], np.zeros(WINDOW + 9000, dtype=np.float64)
    for _ in range(data.draw(st.integers(0, 5))):
        name = data.draw(st.sampled_from("abc"))
        offset = data.draw(st.integers(0, 8000))
        length = data.draw(st.integers(1, 9000 - offset))
        start = data.draw(st.integers(WINDOW - 9000, WINDOW - 1))
        gain_db = data.draw(st.sampled_from([0.0, -6.0, 3.5]))
        clips.append(PlacedClip(name, Samples(start), Samples(length), Samples(offset), gain_db))
        wanted[start : start + length] += raw[name][offset : offset + length] * db_to_gain(gain_db)
    mix = mixed(Timeline(tuple(clips), (), Samples(len(wanted))), sources)
    assert np.abs(mix - wanted).max() < 1e-6


def test_a_clip_longer_than_a_window_is_faded_once(tmp_path: Path) -> None:
    source = kept(tmp_path / "bed", np.full(3 * WINDOW, 0.5, dtype=np.float32))
    clip = PlacedClip("bed", Samples(0), Samples(3 * WINDOW), fade_in=Samples(100), fade_out=Samples(WINDOW))
    mix = mixed(Timeline((clip,), (), clip.end), {"bed": source})
    assert mix[0] < 0.01
    assert np.all(mix[100 : 2 * WINDOW] == 0.5)
    assert np.all(np.diff(mix[2 * WINDOW :]) <= 0)
    assert mix[-1] < 0.01


def test_a_missing_source_is_named(laid: Callable[..., Laid]) -> None:
    timeline, sources = laid(noise(500), noise(500))
    del sources["01_beat"]
    with pytest.raises(NotFound, match="01_beat has no audio file"):
        mixed(timeline, sources)


@pytest.mark.parametrize(("length", "rate_hz"), [(499, EPISODE_RATE_HZ), (500, 24_000)])
def test_a_source_that_is_not_what_was_laid_out_is_refused(
    laid: Callable[..., Laid], length: int, rate_hz: int
) -> None:
    timeline, sources = laid(noise(500))
    kept(sources["00_beat"], noise(length), rate_hz)
    with pytest.raises(BadAudio, match="00_beat: its audio has"):
        mixed(timeline, sources)


def test_files_are_closed_when_listening_stops_early(laid: Callable[..., Laid]) -> None:
    timeline, sources = laid(noise(WINDOW), noise(WINDOW))
    playing = windows(timeline, sources)
    next(playing)
    playing.close()
    with ClipReader(sources["00_beat"]) as reader:
        assert reader.length == WINDOW
