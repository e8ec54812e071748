"""The filter as products of blocks is the filter as a loop, whatever it is fed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viraltracker.audio import KWeighting
from viraltracker.audio.weighting import _high_pass, _shelf

RATES_HZ = [8000, 22_050, 44_100, 48_000, 192_000]


def looped(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """Direct form I, one sample after the other, in double precision."""
    signal = samples.astype(np.float64)
    for b0, b1, b2, a1, a2 in (_shelf(rate_hz), _high_pass(rate_hz)):
        out = np.zeros(len(signal) + 2)
        padded = np.concatenate([[0.0, 0.0], signal])
        for n in range(2, len(out)):
            out[n] = (
                b0 * padded[n] + b1 * padded[n - 1] + b2 * padded[n - 2] - a1 * out[n - 1] - a2 * out[n - 2]
            )
        signal = out[2:]
    return signal**2


def test_the_norms_table_is_met_at_48_khz() -> None:
    assert _shelf(48_000) == pytest.approx(
        [1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585], abs=1e-8
    )
    assert _high_pass(48_000) == pytest.approx([1, -2, 1, -1.99004745483398, 0.99007225036621], abs=1e-8)


@settings(max_examples=15)
@given(st.lists(st.integers(0, 9000), min_size=1, max_size=4), st.sampled_from(RATES_HZ), st.integers(0, 99))
def test_products_give_what_a_loop_gives(sizes: list[int], rate_hz: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples = (rng.standard_normal(sum(sizes)) * 0.3 + rng.uniform(-0.3, 0.3)).astype(np.float32)
    weighting = KWeighting(rate_hz)
    parts = [weighting.power(part) for part in np.split(samples, np.cumsum(sizes)[:-1])]
    wanted = looped(samples, rate_hz)
    assert np.abs(np.concatenate(parts) - wanted).max(initial=0) <= 1e-5 * wanted.max(initial=1e-9)


def test_channels_are_weighted_alone_and_added() -> None:
    stereo = np.random.default_rng(1).standard_normal((5000, 2)).astype(np.float32)
    left, right = (KWeighting(44_100).power(stereo[:, channel]) for channel in (0, 1))
    assert KWeighting(44_100, 2).power(stereo) == pytest.approx(left + right, rel=1e-5)


def test_it_rings_out_to_nothing_in_silence() -> None:
    weighting = KWeighting(44_100)
    weighting.power(np.ones(1000, dtype=np.float32))
    for _ in range(4):
        rung = weighting.power(np.zeros(44_100, dtype=np.float32))
    assert not rung.any()
