"""Frames of a live stream: exact in size, and the same audio however it came in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.audio import FRAME_BYTES, FRAME_SAMPLES, LIVE_RATE_HZ, Clip, Framer, resample

TONE = (0.4 * np.sin(np.arange(22_050) * 2 * np.pi * 220 / 22_050)).astype(np.float32)


def framed(samples: np.ndarray, rate_hz: int, cuts: list[int]) -> np.ndarray:
    framer = Framer(rate_hz)
    frames = [frame for part in np.split(samples, sorted(cuts)) for frame in framer.feed(part)]
    frames += framer.finish()
    assert {len(frame) for frame in frames} == {FRAME_BYTES}
    return np.frombuffer(b"".join(frames), "<i2").astype(np.float32) / 32768


@given(cuts=st.lists(st.integers(0, len(TONE)), max_size=30))
def test_the_pieces_in_which_audio_comes_are_not_heard(cuts: list[int]) -> None:
    whole, pieced = framed(TONE, 22_050, []), framed(TONE, 22_050, cuts)
    assert len(whole) == len(pieced)
    assert np.abs(whole - pieced).max() <= 2 / 32768


def test_a_stream_is_the_resampled_sound_and_nothing_clicks() -> None:
    exact = resample(Clip(TONE, 22_050), LIVE_RATE_HZ).samples
    live = framed(TONE, 22_050, list(range(0, len(TONE), 441)))[: len(exact)]
    inner = slice(2_000, -2_000)
    error = live[inner] - exact[inner]
    assert 20 * np.log10(np.abs(error).max() / 0.4) < -60


@pytest.mark.parametrize("length", [0, 1, FRAME_SAMPLES - 1, FRAME_SAMPLES, FRAME_SAMPLES + 1])
def test_the_last_frame_is_filled_up_and_there_always_is_one(length: int) -> None:
    frames = framed(np.full(length, 0.5, dtype=np.float32), LIVE_RATE_HZ, [])
    assert len(frames) == (length // FRAME_SAMPLES + 1) * FRAME_SAMPLES
    assert (frames[:length] == 0.5).all()
    assert not frames[length:].any()


def test_the_first_frame_comes_with_the_first_forty_milliseconds() -> None:
    assert Framer(22_050).feed(TONE[:882])
