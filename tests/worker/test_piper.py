"""Piper voices: the library's own loading, phonemising and chunking, on a voice of a few kilobytes."""

import asyncio
import gc
import logging
import weakref
from contextlib import aclosing
from pathlib import Path

import anyio
import numpy as np
import pytest

from tests.worker.piper_voice import HOP, RATE_HZ, make_voice, pack_of
from viraltracker.audio import Floats
from viraltracker.errors import (
    ProviderDown,
    Refused,
    SpeechError,
    TextTooLong,
)
from viraltracker.worker import Line
from viraltracker.worker.families import PiperFamily
from viraltracker.worker.families.piper import PiperModel
from viraltracker.worker.families.piper_voice import Stop

ENGLISH = "The harbour is closed. Has it always been closed? It has!"
GERMAN = "Der Hafen ist geschlossen. War er das schon immer? Aber ja!"


async def load(folder: Path) -> PiperModel:
    return await PiperFamily().load(pack_of(folder))


async def pieces(model: PiperModel, line: Line) -> list[Floats]:
    async with aclosing(model.speak(line)) as spoken:
        return [piece async for piece in spoken]


async def whole(model: PiperModel, line: Line) -> Floats:
    return np.concatenate(await pieces(model, line))


@pytest.fixture
def hum(tmp_path: Path) -> Path:
    """A voice of one speaker, the same every time."""
    return make_voice(tmp_path / "piper" / "en_US-hum-low")


@pytest.fixture
def duo(tmp_path: Path) -> Path:
    """A voice of three speakers, the second of them the default."""
    return make_voice(tmp_path / "duo", speakers={"low": 0, "mid": 1, "high": 2}, default_speaker_id=1)


async def test_a_sentence_is_a_piece(hum: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = await load(hum)
    spoken = await pieces(model, Line(ENGLISH))
    assert [piece.dtype for piece in spoken] == [np.float32] * 3
    assert all(piece.ndim == 1 and len(piece) % HOP == 0 and np.abs(piece).max() == 1.0 for piece in spoken)
    assert model.rate_hz == RATE_HZ
    assert model.memory_bytes == (hum / "en_US-hum-low.onnx").stat().st_size
    assert [voice.id for voice in model.voices] == ["default"]
    assert capfd.readouterr() == ("", "")


async def test_the_voices_of_a_model_are_its_speakers_the_default_first(duo: Path) -> None:
    model = await load(duo)
    assert [voice.id for voice in model.voices] == ["mid", "low", "high"]

    def pitch_hz(samples: Floats) -> float:
        return float(np.sum((samples[:-1] < 0) & (samples[1:] >= 0))) * RATE_HZ / len(samples)

    low, mid, high = [
        pitch_hz(await whole(model, Line(ENGLISH, voice=name))) for name in ("low", "mid", "high")
    ]
    assert (mid - low, high - mid) == pytest.approx((300, 300), rel=0.1)
    assert np.array_equal(await whole(model, Line(ENGLISH)), await whole(model, Line(ENGLISH, voice="mid")))


async def test_speakers_without_a_name_that_can_be_shown_are_numbers(tmp_path: Path) -> None:
    folder = make_voice(
        tmp_path / "v", speakers={"a": 0, "\x1b[2J": 1, "b": 2}, speaker_id_map={"\x1b[2J": 1, "b": 2}
    )
    assert [voice.id for voice in (await load(folder)).voices] == ["0", "1", "b"]


async def test_speed_and_length_scale_stretch_and_volume_is_quieter(hum: Path) -> None:
    model = await load(hum)
    plain = await whole(model, Line("Closed."))
    assert len(await whole(model, Line("Closed.", speed=2.0))) == len(plain) // 2
    assert len(await whole(model, Line("Closed.", options={"length_scale": 2.0}))) == len(plain) * 2
    both = Line("Closed.", speed=2.0, options={"length_scale": 2.0})
    assert np.array_equal(await whole(model, both), plain)
    assert np.abs(await whole(model, Line("Closed.", options={"volume": 0.25}))).max() == 0.25
    # The graph hums at half of full scale; Piper brings every sentence to full scale unless told not to.
    assert np.abs(await whole(model, Line("Closed.", options={"normalize": 0.0}))).max() == pytest.approx(
        0.5, 0.01
    )


async def test_noise_differs_every_time_and_has_the_voices_own_strength(tmp_path: Path) -> None:
    noisy = {"noise_scale": 0.5, "length_scale": 2.0, "noise_w": 0.5}
    model = await load(make_voice(tmp_path / "v", inference=noisy))
    still = {"noise_scale": 0.0, "noise_w_scale": 0.0}
    once, again = [await whole(model, Line("Closed.", options=still)) for _ in range(2)]
    assert np.array_equal(once, again)
    hiss = {**still, "noise_scale": 1.0}
    once, again = [await whole(model, Line("Closed.", options=hiss)) for _ in range(2)]
    assert len(once) == len(again)
    assert not np.allclose(once, again)
    own = [len(await whole(model, Line("Closed."))) for _ in range(8)]
    assert len(set(own)) > 1, "the voice's own noise_w should change the length by chance"
    assert min(own) >= len(await whole(model, Line("Closed.", options={**still, "length_scale": 2.0})))


async def test_interleaved_lines_of_two_languages_are_as_spoken_alone(hum: Path, tmp_path: Path) -> None:
    """Piper's eSpeak NG has one current language for the whole process."""
    english = await load(hum)
    german = await load(make_voice(tmp_path / "piper" / "de_DE-hum-low", language="de"))
    lines = [
        (model, Line(f"{text} {number}."))
        for number in range(12)
        for model, text in ((english, ENGLISH), (german, GERMAN))
    ]
    alone = [await pieces(model, line) for model, line in lines]
    assert not np.array_equal(
        (await pieces(english, Line(GERMAN)))[0], (await pieces(german, Line(GERMAN)))[0]
    )

    together: dict[int, list[Floats]] = {}

    async def speak(index: int) -> None:
        together[index] = await pieces(*lines[index])

    async with anyio.create_task_group() as tasks:
        for index in range(len(lines)):
            tasks.start_soon(speak, index)
    for index, expected in enumerate(alone):
        assert all(np.array_equal(a, b) for a, b in zip(together[index], expected, strict=True))


async def test_two_iterators_taken_in_turn_do_not_meet(duo: Path) -> None:
    model = await load(duo)
    low, high = Line(ENGLISH, voice="low"), Line(ENGLISH, voice="high", speed=2.0)
    alone = [await pieces(model, low), await pieces(model, high)]
    async with aclosing(model.speak(low)) as one, aclosing(model.speak(high)) as other:
        for expected_one, expected_other in zip(*alone, strict=True):
            assert np.array_equal(await anext(one), expected_one)
            assert np.array_equal(await anext(other), expected_other)


async def test_render_gives_each_line_and_its_own_problem(hum: Path) -> None:
    model = await load(hum)
    lines = [Line(ENGLISH), Line("... -"), Line("Closed.", voice="nobody"), Line("Closed.")]
    async with aclosing(model.render(lines)) as results:
        rendered = sorted([result async for result in results], key=lambda result: result.index)
    assert [type(result.problem) for result in rendered] == [type(None), Refused, Refused, type(None)]
    assert rendered[0].samples is not None
    assert np.array_equal(rendered[0].samples, await whole(model, lines[0]))


@pytest.mark.parametrize(
    ("line", "field", "words"),
    [
        (Line(" \n"), "text", "no text"),
        (Line("a\ud800b"), "text", "half of a broken one"),
        (Line("Closed.", voice="nobody\x1b"), "voice.id", r"no voice 'nobody\\x1b'. It has mid, low, high"),
        (Line("Closed.", speed=float("nan")), "voice.speed", "speed of nan"),
        (Line("Closed.", speed=0.25, options={"length_scale": 4.0}), "voice.speed", "16 times its length"),
        (Line("Closed.", options={"noise_scale": 2.5}), "voice.options.noise_scale", "0 to 2, not 2.5"),
        (Line("Closed.", options={"volume": float("nan")}), "voice.options.volume", "not nan"),
        (Line("Closed.", options={"pitch": 1.0}), "voice.options.pitch", "no option"),
    ],
)
async def test_what_can_not_be_spoken_is_refused_by_its_field(
    duo: Path, line: Line, field: str, words: str
) -> None:
    model = await load(duo)
    with pytest.raises(Refused, match=words) as refused:
        model.check(line)
    assert refused.value.facts["field"] == field
    with pytest.raises(Refused, match=words):
        await pieces(model, line)


async def test_a_text_is_not_endless_and_a_sentence_is_made_in_bearable_parts(hum: Path) -> None:
    model = await load(hum)
    with pytest.raises(TextTooLong):
        model.check(Line("a" * 5001))
    spoken = await pieces(model, Line("word " * 1000))
    assert len(spoken) > 5
    assert max(map(len, spoken)) <= (2 * 600 + 3) * HOP
    unbroken = await pieces(model, Line(f"[[{'a' * 1500}]]"))
    assert [len(piece) // HOP for piece in unbroken] == [2 * 600 + 3, 2 * 600 + 3, 2 * 300 + 3]


async def test_a_long_text_in_portions_sounds_like_its_sentences(hum: Path) -> None:
    model = await load(hum)
    sentences = [f"The harbour number {number} is closed{end}" for number in range(40) for end in ".?"]
    alone = [await whole(model, Line(sentence)) for sentence in sentences]
    together = await pieces(model, Line(" ".join(sentences)))
    assert all(np.array_equal(one, other) for one, other in zip(together, alone, strict=True))
    assert len(await whole(model, Line("h" * 2500))) > 0


async def test_phonemes_may_be_written_and_an_open_bracket_eats_nothing(hum: Path) -> None:
    model = await load(hum)
    assert len(await whole(model, Line("[[ həlˈoʊ ]]"))) == (2 * 6 + 3) * HOP
    assert np.array_equal(
        await whole(model, Line("[[ harbour closed")), await whole(model, Line("harbour closed"))
    )
    assert np.array_equal(await whole(model, Line("har\0bour\x07")), await whole(model, Line("har bour")))


async def test_what_is_spoken_and_what_is_missing_stays_out_of_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bare = {symbol: [number] for number, symbol in enumerate("_^$a")}
    model = await load(make_voice(tmp_path / "v", phoneme_id_map=bare))
    with caplog.at_level(logging.DEBUG):
        await whole(model, Line("The harbour is closed."))
    assert [record for record in caplog.records if record.name.startswith("piper")] == []


async def test_letters_can_be_phonemes(tmp_path: Path) -> None:
    model = await load(make_voice(tmp_path / "v", phoneme_type="text"))
    assert len(await whole(model, Line("abc"))) == (2 * 3 + 3) * HOP


@pytest.mark.parametrize("how", ["task", "scope"])
async def test_a_line_ends_within_its_sentence_and_leaves_no_thread_at_work(tmp_path: Path, how: str) -> None:
    # Half an hour of work: only a run that is really broken off lets this test end.
    folder = make_voice(tmp_path / "v", toil=10**10)
    limiter = anyio.CapacityLimiter(1)
    model = await PiperFamily(limiter=limiter).load(pack_of(folder))
    ended: list[int] = []

    async def speak() -> None:
        try:
            await pieces(model, Line(ENGLISH))
        finally:
            ended.append(limiter.borrowed_tokens)

    async def waits() -> None:
        await pieces(model, Line(ENGLISH))

    async with anyio.create_task_group() as tasks:
        if how == "task":
            first, second = asyncio.create_task(speak()), asyncio.create_task(waits())
        else:
            tasks.start_soon(speak)
            tasks.start_soon(waits)
        while not limiter.statistics().tasks_waiting:  # noqa: ASYNC110 - the limiter has no event for it
            await anyio.sleep(0)  # noqa: ASYNC115
        if how == "task":
            second.cancel()
            first.cancel()
            assert [type(each) for each in await asyncio.gather(first, second, return_exceptions=True)] == [
                asyncio.CancelledError
            ] * 2
        tasks.cancel_scope.cancel()
    assert ended == [0]
    assert limiter.statistics().tasks_waiting == 0


async def test_a_stopped_line_says_nothing_more_and_the_others_go_on(hum: Path) -> None:
    model = await load(hum)
    expected = await whole(model, Line(ENGLISH))
    async with aclosing(model.speak(Line(ENGLISH))) as spoken:
        await anext(spoken)
    assert np.array_equal(await whole(model, Line(ENGLISH)), expected)


async def test_a_failing_runtime_is_said_without_its_words(tmp_path: Path) -> None:
    beyond = {symbol: [number] for number, symbol in enumerate("_^$a")}
    folder = make_voice(tmp_path / "v", phoneme_id_map=beyond)
    family = PiperFamily()
    model = await family.load(pack_of(folder))
    stop = Stop()
    stop()
    assert model.loaded is not None
    with pytest.raises(ProviderDown, match=r"broke off \(Fail\)"):
        list(model.loaded.spoken("aa", {}, stop))


async def test_a_closed_model_gives_its_memory_back(hum: Path) -> None:
    model = await load(hum)
    await whole(model, Line("Closed."))
    assert model.loaded is not None
    session = weakref.ref(model.loaded.voice.session)
    await model.close()
    gc.collect()
    assert session() is None
    with pytest.raises(SpeechError, match="unloaded"):
        await whole(model, Line("Closed."))
