"""A live voice as the studio holds it: paced frames of the newest generation, from one worker, to its end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.to_thread
import pytest

from tests.worker.conftest import served
from tests.worker.voice_process import Starting
from viraltracker.audio import FRAME_BYTES
from viraltracker.errors import NeedsKey, ProviderDown, Refused, TryLater
from viraltracker.speech.worker import (
    Access,
    Links,
    LiveFrame,
    LiveVoice,
    StaticWorkers,
    open_live,
)
from viraltracker.speech.worker.dispatch import Dispatch
from viraltracker.worker.serve import Serving

LONG = "A line that is long enough to be interrupted by whoever wants to say something else. " * 4


@asynccontextmanager
async def voice_over(
    *workers: Serving, model: str = "tone/tone", voice: str = "", language: str = ""
) -> AsyncIterator[LiveVoice]:
    links = Links(Access())
    dispatch = Dispatch(StaticWorkers([worker.address for worker in workers], links))
    try:
        async with open_live(dispatch, links, model, voice, language) as speaking:
            yield speaking
    finally:
        await links.aclose()


async def heard(speaking: LiveVoice, frames: int) -> list[LiveFrame]:
    found: list[LiveFrame] = []
    async for frame in speaking.frames():
        found.append(frame)
        if len(found) == frames:
            break
    return found


async def test_what_is_said_is_heard_in_frames(tone_worker: Serving) -> None:
    async with voice_over(tone_worker, voice="alto") as speaking:
        assert (speaking.worker, speaking.instead) == ("voice-worker", "")
        await speaking.say("Hel", generation=1, line=4, end=False)
        await speaking.say("lo.", generation=1, line=4)
        await speaking.finish()
        frames = [frame async for frame in speaking.frames()]
    assert {(frame.generation, frame.line, len(frame.pcm)) for frame in frames} == {(1, 4, FRAME_BYTES)}
    assert [frame.seq for frame in frames] == list(range(1, len(frames) + 1))
    assert [frame.end_of_line for frame in frames] == [False] * (len(frames) - 1) + [True]
    assert tone_worker.sessions.count == 0, "the session ended with the block"


async def test_no_frame_older_than_a_flush_is_given_out(tone_worker: Serving) -> None:
    async with voice_over(tone_worker) as speaking:
        await speaking.say(LONG, generation=1, line=1)
        frames = speaking.frames()
        assert (await anext(frames)).generation == 1
        await speaking.flush(2)
        await speaking.say("Late.", generation=1, line=1)
        await speaking.say("New.", generation=2, line=2)
        await speaking.finish()
        assert {(frame.generation, frame.line) async for frame in frames} == {(2, 2)}
        assert speaking.generation == 2


async def test_a_flush_holds_before_the_worker_has_heard_of_it(tone_worker: Serving) -> None:
    async with voice_over(tone_worker) as speaking:
        await speaking.say(LONG, generation=1)
        frames = speaking.frames()
        await anext(frames)
        flushing = asyncio.create_task(speaking.flush(2))
        await asyncio.sleep(0)  # it has begun; its answer is a round trip away
        waiting = asyncio.ensure_future(anext(frames))
        await flushing
        assert not waiting.done(), "frames that were under way were dropped"
        await speaking.say("New.", generation=2)
        assert (await waiting).generation == 2


async def test_newer_text_makes_older_worthless_by_itself(tone_worker: Serving) -> None:
    async with voice_over(tone_worker) as speaking:
        await speaking.say(LONG, generation=1)
        frames = speaking.frames()
        await anext(frames)
        await speaking.say("Newer.", generation=5)
        assert (await anext(frames)).generation == 5
        await speaking.flush(3)  # nothing is that old any more
        assert (await anext(frames)).generation == 5


async def test_it_holds_still_and_goes_on(tone_worker: Serving) -> None:
    async with voice_over(tone_worker) as speaking:
        await speaking.say(LONG, generation=1)
        frames = speaking.frames()
        frame = await anext(frames)
        last = await speaking.pause()
        while frame.seq < last:
            frame = await anext(frames)
        waiting = asyncio.ensure_future(anext(frames))
        for _ in range(3):
            assert await speaking.pause() == last
        assert not waiting.done()
        await speaking.resume()
        assert (await waiting).at_sample == frame.at_sample + 960


async def test_it_can_be_held_before_it_speaks(tone_worker: Serving) -> None:
    async with voice_over(tone_worker) as speaking:
        while not tone_worker.sessions.speaking:  # noqa: ASYNC110 - the wire sets no event here
            await asyncio.sleep(0)
        await speaking.pause()
        await speaking.say("Hello.", generation=1)
        waiting = asyncio.ensure_future(heard(speaking, 1))
        for _ in range(3):
            await speaking.pause()
        assert not waiting.done()
        await speaking.resume()
        assert (await waiting)[0].seq == 1


async def test_a_stop_ends_it_for_who_listens_and_who_speaks(tone_worker: Serving) -> None:
    async with voice_over(tone_worker) as speaking:
        await speaking.say(LONG, generation=1)
        frames = speaking.frames()
        await anext(frames)
        listening = asyncio.create_task(_all(frames))
        await speaking.stop()
        assert await listening == []
        await speaking.say("Too late.", generation=2)


async def test_a_listener_that_is_cancelled_is_cancelled(tone_worker: Serving) -> None:
    async with voice_over(tone_worker) as speaking:
        with anyio.move_on_after(0.01) as scope:
            await heard(speaking, 1)
        assert scope.cancelled_caught


async def test_two_voices_of_one_worker_know_nothing_of_each_other(tone_worker: Serving) -> None:
    async with voice_over(tone_worker) as one, voice_over(tone_worker) as other:
        await one.say(LONG, generation=1)
        await other.say("Short.", generation=1)
        await other.finish()
        await heard(one, 1)
        await one.pause()
        assert [frame async for frame in other.frames()][-1].end_of_line
        assert tone_worker.sessions.count == 2


async def test_it_sits_where_there_is_room_and_says_why() -> None:
    async with served(name="ada", limits={"sessions": 1}) as ada, served(name="bo") as bo:
        async with voice_over(ada, bo) as first:
            assert (first.worker, first.instead) == ("ada", "")
            async with voice_over(ada, bo) as second:
                assert (second.worker, second.instead) == ("bo", "ada had no free place")
        async with voice_over(bo) as third, voice_over(ada):
            assert third.worker == "bo"
            with pytest.raises(TryLater):
                async with voice_over(ada):
                    pass


async def test_a_language_decides_too() -> None:
    async with served(name="ada", default="tone/tone") as worker:
        async with voice_over(worker, model="", language="en-US") as speaking:
            assert speaking.worker == "ada"
        with pytest.raises(ProviderDown, match='has "xh"'):
            async with voice_over(worker, model="", language="xh"):
                pass


async def test_a_worker_that_ends_is_told_and_nothing_is_switched() -> None:
    async with served(name="bo") as bo:
        async with served(name="ada") as ada, voice_over(ada, bo) as speaking:
            await speaking.say(LONG, generation=1)
            frames = speaking.frames()
            await anext(frames)
            await ada.sessions.close()
            with pytest.raises(ProviderDown, match="ada"):
                await speaking.pause()
            with pytest.raises(ProviderDown, match="ada"):
                await _all(frames)
            with pytest.raises(ProviderDown, match="ada"):
                await speaking.say("More.", generation=1)
        assert bo.sessions.started == 0


async def test_a_worker_that_is_killed_is_told_at_once(start_worker: Starting) -> None:
    worker = start_worker("--engine=tone", "--address=127.0.0.1:0", "--name=ada")
    links = Links(Access())
    address = await anyio.to_thread.run_sync(getattr, worker, "address")
    async with open_live(Dispatch(StaticWorkers([address], links)), links, "tone/tone") as speaking:
        await speaking.say(LONG, generation=1)
        frames = speaking.frames()
        await anext(frames)
        worker.kill()
        with anyio.fail_after(10.0):
            with pytest.raises(ProviderDown, match="ada doesn't answer"):
                await _all(frames)
            with pytest.raises(ProviderDown, match="ada doesn't answer"):
                await speaking.say("More.", generation=1)
            with pytest.raises(ProviderDown, match="ada doesn't answer"):
                await speaking.flush(2)
    await links.aclose()


async def test_a_line_that_is_refused_ends_it_with_the_reason(tone_worker: Serving) -> None:
    async with voice_over(tone_worker, voice="nobody") as speaking:
        await speaking.say("Hello.", generation=1)
        with pytest.raises(Refused, match='no voice "nobody"'):
            await heard(speaking, 1)
        with pytest.raises(Refused, match='no voice "nobody"'):
            await speaking.say("Hello?", generation=1)


async def test_who_has_no_token_is_told() -> None:
    environ = {"TOKEN": "0123456789abcdef"}
    async with served(environ=environ, token_env="TOKEN") as worker:
        with pytest.raises(NeedsKey, match="VIRALTRACKER_WORKER_TOKEN"):
            async with voice_over(worker):
                pass


async def _all(frames: AsyncIterator[LiveFrame]) -> list[LiveFrame]:
    return [frame async for frame in frames]
