"""What every engine of a voice worker keeps to: one suite over all families, over their real libraries.

Each model is tried by itself and behind a live stream and a render queue, whose time is the test's own.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from tests.speech.openai_server import OpenAiServer
from tests.worker.piper_voice import make_voice, pack_of
from tests.worker.stage import Clock, Holding
from viraltracker.audio import FRAME_BYTES, Floats
from viraltracker.errors import Refused, StudioError, TextTooLong
from viraltracker.worker import Line, Model, Pack
from viraltracker.worker.config import Csm
from viraltracker.worker.families import CsmFamily, EspeakFamily, OpenAiFamily, PiperFamily, ToneFamily
from viraltracker.worker.intake import Piece
from viraltracker.worker.live import Frame, LiveStream
from viraltracker.worker.metrics import Metrics
from viraltracker.worker.pacing import Pacer
from viraltracker.worker.packs import read_pack
from viraltracker.worker.renders import Renders

pytestmark = pytest.mark.anyio

TEXT = "The harbour is closed. It always was."
OTHER = "Nobody told the gulls, of course."
LONG = " ".join([TEXT, OTHER] * 6)


@dataclass(frozen=True)
class Subject:
    """A loaded model under contract; two lines of its that sound different."""

    model: Model
    voices: tuple[str, str]
    repeatable: bool = True
    seed: int | None = None
    rounding: float = 0.0
    """Of full scale: a decoder that takes lines together adds up in another order."""

    def same(self, one: Floats, other: Floats) -> bool:
        """Whether two lines are the same sound, as far as the engine can make one twice."""
        if len(one) != len(other) or not self.repeatable:
            return len(one) == len(other)
        full_scale = 1.0 if np.abs(one).max(initial=0.0) <= 1.0 else 32_768.0
        return float(np.abs(one - other).max(initial=0.0)) <= self.rounding * full_scale

    def line(self, text: str = TEXT, voice: int = 0) -> Line:
        return Line(text, self.voices[voice], seed=self.seed)


def openai_pack(server: OpenAiServer) -> Pack:
    """A pack for a speech server."""
    return Pack(
        id="openai/kokoro",
        family="openai",
        title="Kokoro",
        version="1",
        languages=("en",),
        capabilities=frozenset({"streaming", "speed"}),
        rate_hz=24_000,
        licence="Apache-2.0",
        consent="synthetic",
        folder=Path(),
        settings={"base_url": server.url, "model": "kokoro"},
    )


CSM = pytest.param("csm", marks=pytest.mark.xdist_group("csm"))
"""In the one test process that imports torch."""


@pytest.fixture(params=["tone", "espeak", "piper", "openai", CSM])
async def subject(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Subject]:
    """Each family's model in turn; closed afterwards, when no thread of its is left."""
    async with AsyncExitStack() as stack:
        if request.param == "tone":
            model: Model = await ToneFamily().load(ToneFamily().built_in[0])
            voices = ("tenor", "alto")
        elif request.param == "espeak":
            model = await EspeakFamily().load(EspeakFamily().built_in[0])
            voices = ("en-us+m3", "en-gb+f2")
        elif request.param == "piper":
            folder = make_voice(tmp_path / "duo", speakers={"low": 0, "high": 1})
            model = await PiperFamily().load(pack_of(folder))
            voices = ("low", "high")
        elif request.param == "csm":
            model = await CsmFamily(Csm(slots=4, attempts=1)).load(
                read_pack(request.getfixturevalue("csm_packs") / "anna")
            )
            voices = ("default", "calm")
        else:
            server = stack.enter_context(OpenAiServer())
            model = await OpenAiFamily({}).load(openai_pack(server))
            voices = ("af_bella", "am_adam")
        seed = 7 if request.param == "csm" else None
        rounding = 1e-4 if request.param == "csm" else 0.0
        yield Subject(model, voices, request.param != "openai", seed, rounding)
        await model.close()


async def spoken(model: Model, line: Line) -> Floats:
    async with aclosing(model.speak(line)) as pieces:
        return np.concatenate([piece async for piece in pieces])


def streamed(model: Model) -> LiveStream:
    clock = Clock()
    return LiveStream(Holding(model), Pacer(60), monotonic=clock, sleep=clock.sleep)


@asynccontextmanager
async def streaming(model: Model) -> AsyncIterator[LiveStream]:
    before = {thread.ident for thread in threading.enumerate()}
    async with streamed(model) as stream:
        yield stream
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("live")]
    # Threads of the loop's own pool wait for the next work, and the stand-in of a server has its own.
    new = [thread.name for thread in threading.enumerate() if thread.ident not in before]
    assert [name for name in new if not ("AnyIO worker" in name or "process_request" in name)] == []


def piece(line: Line, number: int = 1, generation: int = 1, end: bool = True) -> Piece:
    return Piece(generation, number, line.text, end, replace(line, text=""))


async def heard(stream: LiveStream) -> list[Frame]:
    return [frame async for frame in stream.frames()]


def samples_of(frames: Sequence[Frame]) -> Floats:
    return np.frombuffer(b"".join(frame.pcm for frame in frames), "<i2").astype(np.float32)


async def test_it_says_what_it_is(subject: Subject) -> None:
    model = subject.model
    assert 16_000 <= model.rate_hz <= 48_000
    assert model.voices
    assert {voice.id for voice in model.voices} >= set(subject.voices) or model.voices[0].id
    assert model.batch >= 1
    assert model.memory_bytes >= 0
    assert all(low < high for low, high in model.options.values())


async def test_audio_is_mono_finite_and_heard(subject: Subject) -> None:
    samples = await spoken(subject.model, subject.line())
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert bool(np.isfinite(samples).all())
    assert 0.01 < float(np.abs(samples).max()) <= 1.0
    assert len(samples) > subject.model.rate_hz // 2


@pytest.mark.parametrize("text", ["", "  ", "\n"])
async def test_no_text_is_refused(subject: Subject, text: str) -> None:
    with pytest.raises(Refused) as refused:
        subject.model.check(subject.line(text))
    assert refused.value.facts["field"] == "text"


async def test_what_it_cannot_speak_is_refused_by_its_field_before_and_while_speaking(
    subject: Subject,
) -> None:
    wrong: dict[str, Line] = {
        "text": subject.line("a" * 5_001),
        "voice.id": replace(subject.line(), voice="nobody here"),
        "voice.speed": replace(subject.line(), speed=9.0),
        "voice.options.sparkle": replace(subject.line(), options={"sparkle": 1.0}),
    }
    for field, line in wrong.items():
        for refusing in (_checked, spoken):
            with pytest.raises((Refused, TextTooLong)) as refused:
                await refusing(subject.model, line)
            assert refused.value.facts["field"] == field
        async with aclosing(subject.model.render([line, subject.line()])) as results:
            done = {result.index: result async for result in results}
        assert done[0].problem is not None
        assert done[0].problem.facts["field"] == field
        assert done[1].samples is not None, "a line that fails doesn't keep the others"


async def _checked(model: Model, line: Line) -> None:
    model.check(line)


async def test_interleaved_lines_sound_as_spoken_alone(subject: Subject) -> None:
    one, other = subject.line(), subject.line(OTHER, 1)
    alone = [await spoken(subject.model, line) for line in (one, other)]
    assert len(alone[0]) != len(alone[1])
    async with aclosing(subject.model.speak(one)) as first, aclosing(subject.model.speak(other)) as second:
        parts: tuple[list[Floats], list[Floats]] = ([], [])
        open_ = {0: first, 1: second}
        while open_:
            for at, pieces in list(open_.items()):
                got = await anext(pieces, None)
                if got is None:
                    del open_[at]
                else:
                    parts[at].append(got)
    for before, now in zip(alone, parts, strict=True):
        assert subject.same(before, np.concatenate(now))


async def test_a_rendered_line_is_the_spoken_one(subject: Subject) -> None:
    lines = [subject.line(), subject.line(OTHER, 1), subject.line(OTHER)]
    alone = [await spoken(subject.model, line) for line in lines]
    async with aclosing(subject.model.render(lines)) as results:
        done = {result.index: result.samples async for result in results}
    for index, samples in enumerate(alone):
        found = done[index]
        assert found is not None
        assert abs(len(found) - len(samples)) <= subject.model.rate_hz // 50


async def test_a_closed_iterator_leaves_the_model_as_it_was(subject: Subject) -> None:
    before = await spoken(subject.model, subject.line())
    async with aclosing(subject.model.speak(subject.line(LONG))) as pieces:
        await anext(pieces)
    unheard = subject.model.speak(subject.line(LONG))
    await unheard.aclose()
    assert subject.same(await spoken(subject.model, subject.line()), before)


async def test_a_live_line_is_cut_into_exact_frames(subject: Subject) -> None:
    whole = await spoken(subject.model, subject.line(TEXT.split(". ")[1]))
    async with streaming(subject.model) as stream:
        stream.feed(piece(subject.line(TEXT.split(". ")[1])))
        stream.end_text()
        frames = await heard(stream)
    assert {len(frame.pcm) for frame in frames} == {FRAME_BYTES}
    assert [frame.end_of_line for frame in frames] == [False] * (len(frames) - 1) + [True]
    length_ms = len(whole) * 1000 / subject.model.rate_hz
    assert length_ms <= len(frames) * 20 <= length_ms + 45


async def test_after_a_flush_there_is_silence_and_then_the_new_line_alone(subject: Subject) -> None:
    async with streaming(subject.model) as stream:
        stream.feed(piece(subject.line(LONG)))
        frames = stream.frames()
        for _ in range(5):
            assert (await anext(frames)).line == 1
        stream.flush(2)
        waiting = asyncio.ensure_future(anext(frames))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not waiting.done()
        stream.feed(piece(subject.line(OTHER, 1), number=2, generation=2))
        stream.end_text()
        after = [await waiting, *[frame async for frame in frames]]
    assert {(frame.generation, frame.line) for frame in after} == {(2, 2)}


@pytest.mark.parametrize("held", [0, 1, 7])
async def test_a_pause_at_any_moment_loses_nothing(subject: Subject, held: int) -> None:
    async with streaming(subject.model) as stream:
        stream.feed(piece(subject.line()))
        stream.end_text()
        whole = await heard(stream)
    async with streaming(subject.model) as stream:
        stream.feed(piece(subject.line()))
        stream.end_text()
        frames = stream.frames()
        before = [await anext(frames) for _ in range(held)]
        stream.pause()
        waiting = asyncio.ensure_future(anext(frames))
        for _ in range(50):
            await asyncio.sleep(0)
        assert not waiting.done()
        stream.resume()
        after = [await waiting, *[frame async for frame in frames]]
    assert subject.same(samples_of([*before, *after]), samples_of(whole))


@pytest.mark.parametrize("heard_before", [None, 0, 3])
async def test_a_stop_at_any_moment_ends_it_and_leaves_nothing(
    subject: Subject, heard_before: int | None
) -> None:
    async with streaming(subject.model) as stream:
        frames = stream.frames()
        if heard_before is not None:
            stream.feed(piece(subject.line(LONG)))
            for _ in range(heard_before):
                await anext(frames)
        stream.stop()
        assert [frame async for frame in frames] == []


async def test_two_streams_of_one_model_know_nothing_of_each_other(subject: Subject) -> None:
    async with streaming(subject.model) as alone:
        alone.feed(piece(subject.line(OTHER)))
        alone.end_text()
        expected = await heard(alone)
    async with streaming(subject.model) as other, streamed(subject.model) as one:
        one.feed(piece(subject.line(LONG, 1)))
        other.feed(piece(subject.line(OTHER)))
        other.end_text()
        await anext(one.frames())
        one.pause()
        assert subject.same(samples_of(await heard(other)), samples_of(expected))
        one.stop()


async def test_a_queue_gives_every_line_its_own_audio_or_its_own_refusal(subject: Subject) -> None:
    renders = Renders(64, 8, Metrics(), lambda *_: None)
    lines = [subject.line("Go. " * (1 + n % 4), n % 2) for n in range(8)]
    alone = [await spoken(subject.model, line) for line in lines]
    asked = [renders.speak("m", Holding(subject.model), line) for line in lines]
    bad = renders.speak("m", Holding(subject.model), replace(lines[0], voice="nobody here"))
    *made, refused = await asyncio.gather(*asked, bad, return_exceptions=True)
    await renders.close()
    for result, samples in zip(made, alone, strict=True):
        assert not isinstance(result, BaseException)
        assert abs(len(result.samples) - len(samples)) <= subject.model.rate_hz // 50
    assert isinstance(refused, StudioError)
    assert renders.depth == 0
