"""The tone engine: what tests and benchmarks may rely on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import anyio
import numpy as np
import pytest

from viraltracker.errors import OutcomeUnknown, Refused, TryLater
from viraltracker.speech import Price, SpeechRequest
from viraltracker.speech.tone import TONE_VOICES_HZ, ToneEngine

LINE = SpeechRequest(text="A" * 20, voice="alto")


async def test_length_tells_the_text_and_pitch_the_voice() -> None:
    engine = ToneEngine(rate_hz=22_050)
    speech = await engine.synthesize(LINE)
    assert speech.clip.duration_ms == 20 * 65
    assert (await engine.synthesize(replace(LINE, speed=0.5))).clip.duration_ms == 20 * 65 * 2
    for voice, pitch_hz in TONE_VOICES_HZ.items():
        clip = (await engine.synthesize(replace(LINE, voice=voice))).clip
        crossings = int(np.sum((clip.samples[:-1] < 0) & (clip.samples[1:] >= 0)))
        assert abs(crossings - pitch_hz * 1.3) <= 1


async def test_failures_come_in_order_and_then_it_works() -> None:
    engine = ToneEngine(failures=[TryLater(after_s=0.1), None, TryLater(after_s=0.2)])
    with pytest.raises(TryLater) as first:
        await engine.synthesize(LINE)
    await engine.synthesize(LINE)
    with pytest.raises(TryLater) as second:
        await engine.synthesize(LINE)
    await engine.synthesize(LINE)
    assert (first.value.after_s, second.value.after_s, engine.calls) == (0.1, 0.2, 4)


async def test_a_line_cut_off_after_the_work_is_in_the_history() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    engine = ToneEngine(
        price=Price(0.1, "2026-06-30"), failures=[OutcomeUnknown(), TryLater()], now=lambda: now
    )
    with pytest.raises(OutcomeUnknown):
        await engine.synthesize(LINE)
    with pytest.raises(TryLater):
        await engine.synthesize(LINE)
    (found,) = await engine.recover(LINE, now)
    assert (found.charged_characters, found.usd) == (20, 0.002)
    assert await engine.recover(LINE, now + timedelta(seconds=1)) == ()
    assert await engine.recover(replace(LINE, seed=1), now) == ()


async def test_seed_and_call_change_what_they_are_meant_to() -> None:
    steady, lively = ToneEngine(), ToneEngine(repeatable=False)
    one = await steady.synthesize(LINE)
    assert (await steady.synthesize(replace(LINE, seed=5))).payload != one.payload
    assert (await steady.synthesize(replace(LINE, stability=0.1, direction="x"))).payload == one.payload
    assert (await lively.synthesize(LINE)).payload != (await lively.synthesize(LINE)).payload


async def test_the_delay_is_slept_by_the_sleep_that_was_handed_in() -> None:
    slept: list[float] = []
    both = anyio.Event()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            both.set()
        await both.wait()

    engine = ToneEngine(delay_s=30, sleep=sleep)
    async with anyio.create_task_group() as group:
        group.start_soon(engine.synthesize, LINE)
        group.start_soon(engine.synthesize, LINE)
    assert slept == [30, 30]
    assert engine.most_at_once == 2


async def test_a_price_makes_it_paid() -> None:
    engine = ToneEngine(engine="paid-tone", price=Price(0.3, "2026-01-01"), concurrency=4)
    estimate = engine.estimate(LINE)
    assert (estimate.characters, estimate.usd, estimate.exact, estimate.price_checked) == (
        20,
        0.006,
        True,
        "2026-01-01",
    )
    assert engine.capabilities.engine == "paid-tone"
    assert (await engine.health()).concurrency == 4


async def test_a_speed_that_is_none_is_refused() -> None:
    for speed in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(Refused, match="times its speed"):
            await ToneEngine().synthesize(replace(LINE, speed=speed))
