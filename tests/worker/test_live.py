"""One live stream: paced frames, and commands that hold at once. Time is the test's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.worker.stage import Clock, Holding, Pieces
from viraltracker.audio import FRAME_BYTES
from viraltracker.errors import NonsenseAnswer, ProviderDown, TextTooLong, TryLater
from viraltracker.worker.intake import Piece
from viraltracker.worker.live import Frame, LiveStream
from viraltracker.worker.model import Line
from viraltracker.worker.pacing import Pacer

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def streaming(model: Pieces, clock: Clock) -> AsyncIterator[LiveStream]:
    async with LiveStream(Holding(model), Pacer(60), monotonic=clock, sleep=clock.sleep) as stream:
        yield stream
    assert model.under_way == 0, "leaving a stream ends what it made"
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("live")]


def piece(text: str, generation: int = 1, line: int = 1, end: bool = True) -> Piece:
    return Piece(generation, line, text, end, Line(""))


async def rest(stream: LiveStream) -> list[Frame]:
    return [frame async for frame in stream.frames()]


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_a_line_comes_in_whole_frames_at_the_pace_it_is_heard() -> None:
    clock, model = Clock(), Pieces()
    async with streaming(model, clock) as stream:
        began_s = clock.now_s
        stream.feed(piece("four"))
        stream.end_text()
        frames = await rest(stream)
    assert {len(frame.pcm) for frame in frames} == {FRAME_BYTES}
    assert [frame.at_sample for frame in frames] == [960 * n for n in range(len(frames))]
    assert [frame.end_of_line for frame in frames] == [False] * (len(frames) - 1) + [True]
    assert len(frames) == 21, "0.4 s in frames of 20 ms, and one that says the line is over"
    assert clock.now_s - began_s == pytest.approx((21 - 3) * 0.02)


async def test_a_line_is_spoken_sentence_by_sentence_before_its_end_came() -> None:
    model = Pieces()
    async with streaming(model, Clock()) as stream:
        stream.feed(piece("One. Tw", end=False))
        await settle()
        assert model.spoken == ["One."]
        stream.feed(piece("o.", end=True))
        stream.end_text()
        frames = await rest(stream)
    assert model.spoken == ["One.", "Two."]
    assert [frame.end_of_line for frame in frames].count(True) == 1


async def test_nothing_leaves_while_it_is_paused_and_nothing_is_lost() -> None:
    clock = Clock()
    async with streaming(Pieces(), clock) as stream:
        stream.feed(piece("four"))
        stream.end_text()
        frames = stream.frames()
        first = [await anext(frames) for _ in range(5)]
        stream.pause()
        waiting = asyncio.ensure_future(anext(frames))
        await settle()
        assert not waiting.done()
        clock.now_s += 10
        stream.resume()
        others = [await waiting, *[frame async for frame in frames]]
    assert [frame.at_sample for frame in (*first, *others)] == [960 * n for n in range(21)]


@pytest.mark.parametrize("paused", [False, True])
async def test_a_higher_generation_makes_the_older_worthless(paused: bool) -> None:
    model = Pieces(gated=True)
    assert model.allowed is not None
    async with streaming(model, Clock()) as stream:
        stream.feed(piece("old line", generation=1))
        model.allowed.release()
        frames = stream.frames()
        assert (await anext(frames)).generation == 1
        if paused:
            stream.pause()
        stream.feed(piece("new", generation=2, line=2))
        stream.feed(piece("late words of the old", generation=1, line=3))
        for _ in range(3):
            model.allowed.release()
        stream.end_text()
        if paused:
            stream.resume()
        others = [frame async for frame in frames]
    assert {frame.generation for frame in others} == {2}
    assert model.spoken == ["old line", "new"]


async def test_a_flush_is_followed_by_silence_until_there_is_new_text() -> None:
    async with streaming(Pieces(), Clock()) as stream:
        stream.feed(piece("a long line"))
        frames = stream.frames()
        await anext(frames)
        stream.flush()
        waiting = asyncio.ensure_future(anext(frames))
        await settle()
        assert not waiting.done()
        stream.feed(piece("b", line=2))
        assert (await waiting).line == 2
        stream.flush(1)
        assert (await anext(frames)).line == 2, "what is not older than the flush stays"


@pytest.mark.parametrize("moment", ["before text", "before audio", "while speaking", "while paused"])
async def test_a_stop_at_any_moment_ends_the_stream(moment: str) -> None:
    model = Pieces(gated=moment == "before audio")
    async with streaming(model, Clock()) as stream:
        frames = stream.frames()
        if moment != "before text":
            stream.feed(piece("some words"))
            await settle()
        if moment in {"while speaking", "while paused"}:
            await anext(frames)
        if moment == "while paused":
            stream.pause()
        stream.stop()
        assert [frame async for frame in frames] == []


async def test_a_line_without_words_is_a_moment_of_silence() -> None:
    model = Pieces()
    async with streaming(model, Clock()) as stream:
        stream.feed(piece("  \n "))
        stream.end_text()
        frames = await rest(stream)
    assert model.spoken == []
    assert [(frame.end_of_line, any(frame.pcm)) for frame in frames] == [(True, False)]


async def test_a_model_that_fails_ends_the_stream_with_its_reason() -> None:
    class Breaking(Pieces):
        def check(self, line: Line) -> None:
            raise NonsenseAnswer("no audio")

    async with streaming(Breaking(), Clock()) as stream:
        stream.feed(piece("words"))
        with pytest.raises(NonsenseAnswer, match="no audio"):
            await rest(stream)


async def test_a_defect_in_a_model_ends_the_stream_with_a_word() -> None:
    class Defective(Pieces):
        def check(self, line: Line) -> None:
            raise ZeroDivisionError

    async with streaming(Defective(), Clock()) as stream:
        stream.feed(piece("words"))
        with pytest.raises(ProviderDown):
            await rest(stream)


async def test_too_much_text_is_refused() -> None:
    async with streaming(Pieces(gated=True), Clock()) as stream:
        with pytest.raises(TextTooLong):
            stream.feed(piece("a" * 5_001))
        for line in range(2, 7):
            stream.feed(piece("a" * 4_000, line=line))
        with pytest.raises(TryLater):
            stream.feed(piece("a" * 4_900, line=8))
