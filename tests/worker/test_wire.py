"""The service over a real connection: sessions, modes, commands, refusals with their codes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.worker.conftest import linked, served
from viraltracker.audio import FRAME_BYTES, FRAME_MS
from viraltracker.speech.rpc import tts_pb2 as wire
from viraltracker.speech.worker.link import OPTIONS, Link
from viraltracker.worker.families import ToneFamily
from viraltracker.worker.serve import Serving

pytestmark = pytest.mark.anyio

Code = grpc.StatusCode


class Speaking:
    """A live session of a client, with its stream."""

    def __init__(self, link: Link, session: str) -> None:
        self.link, self.session = link, session
        self.call: Any = link.stub.Synthesize()

    async def say(self, text: str, *, generation: int = 1, line: int = 1, end: bool = True) -> None:
        await self.call.write(
            wire.TextChunk(session=self.session, generation=generation, line=line, text=text, end_of_line=end)
        )

    async def tell(self, command: wire.Command, generation: int = 0) -> Any:
        return await self.link.stub.Control(
            wire.ControlRequest(session=self.session, command=command, generation=generation)
        )

    async def hear(self) -> Any:
        frame = await self.call.read()
        return None if frame is grpc.aio.EOF else frame

    async def hear_all(self) -> list[Any]:
        return [frame async for frame in self._frames()]

    async def _frames(self) -> AsyncIterator[Any]:
        while (frame := await self.hear()) is not None:
            yield frame


async def _until(reached: Callable[[], bool]) -> None:
    while not reached():  # noqa: ASYNC110 - what the wire does has no event here
        await asyncio.sleep(0)


async def start(link: Link, mode: wire.Mode = wire.MODE_LIVE, model: str = "tone/tone", **more: Any) -> Any:
    request = wire.StartSessionRequest(mode=mode, model=model, load=more.pop("load", True), **more)
    return await link.stub.StartSession(request)


async def live(link: Link, **more: Any) -> Speaking:
    return Speaking(link, (await start(link, **more)).session)


async def test_a_live_line_comes_in_exact_frames_numbered_without_a_gap(tone_worker: Serving) -> None:
    async with linked(tone_worker) as link:
        speaking = await live(link)
        await speaking.say("Hello.", generation=7, line=3)
        await speaking.call.done_writing()
        frames = await speaking.hear_all()
    assert {len(frame.pcm) for frame in frames} == {FRAME_BYTES}
    assert [frame.seq for frame in frames] == list(range(1, len(frames) + 1))
    assert {(frame.generation, frame.line) for frame in frames} == {(7, 3)}
    assert [frame.end_of_line for frame in frames].index(True) == len(frames) - 1
    heard_ms = len(frames) * FRAME_MS
    assert 390 <= heard_ms <= 390 + 2 * FRAME_MS, "65 ms a character, and the filled up end"


async def test_a_paused_stream_is_silent_and_goes_on_where_it_was(tone_worker: Serving) -> None:
    async with linked(tone_worker) as link:
        speaking = await live(link)
        await speaking.say("A line that is long enough to be held.")
        before = [await speaking.hear() for _ in range(5)]
        told = await speaking.tell(wire.PAUSE)
        while before[-1].seq < told.last_seq_sent:
            before.append(await speaking.hear())
        waiting = asyncio.ensure_future(speaking.hear())
        for _ in range(3):  # as many round trips without a frame
            await speaking.tell(wire.PAUSE)
        assert not waiting.done()
        await speaking.tell(wire.RESUME)
        after = await waiting
        assert after.seq == before[-1].seq + 1
        assert after.at_sample == before[-1].at_sample + 960


async def test_another_session_speaks_on_while_one_is_paused_and_when_one_is_stopped(
    tone_worker: Serving,
) -> None:
    async with linked(tone_worker) as link:
        one, other = await live(link), await live(link)
        await one.say("The first of the two lines.")
        await other.say("The second line of the two.")
        await one.hear()
        await one.tell(wire.PAUSE)
        await other.call.done_writing()
        assert len(await other.hear_all()) > 20
        await one.tell(wire.STOP)
        assert len(await one.hear_all()) <= 5


async def test_a_flush_drops_what_is_older_and_the_stream_stays(tone_worker: Serving) -> None:
    async with linked(tone_worker) as link:
        speaking = await live(link)
        await speaking.say("An old line that nobody will want to hear to its end.", generation=1)
        await speaking.hear()
        told = await speaking.tell(wire.FLUSH, generation=2)
        assert told.generation == 2
        await speaking.say("Late.", generation=1, line=2)
        await speaking.say("New.", generation=2, line=3)
        await speaking.call.done_writing()
        frames = [frame for frame in await speaking.hear_all() if frame.seq > told.last_seq_sent]
    assert {(frame.generation, frame.line) for frame in frames} == {(2, 3)}


async def test_a_rendered_line_is_whole_and_at_the_models_own_rate(tone_worker: Serving) -> None:
    async with linked(tone_worker) as link:
        session = await start(link, wire.MODE_RENDER)
        assert (session.rate_hz, session.frame_bytes) == (24_000, 0)
        chunks = [
            wire.TextChunk(session=session.session, line=n, text="word " * n, end_of_line=True)
            for n in (1, 40)
        ]
        heard: dict[int, list[Any]] = {1: [], 40: []}
        async for frame in link.stub.Synthesize(iter(chunks)):
            heard[frame.line].append(frame)
    for line, frames in heard.items():
        samples = sum(len(frame.pcm) for frame in frames) // 2
        assert samples == round(24_000 * 0.065 * 5 * line)
        assert [frame.end_of_line for frame in frames] == [False] * (len(frames) - 1) + [True]


@pytest.mark.parametrize(
    ("request_", "code", "field"),
    [
        ({"model": "tone/nobody"}, Code.NOT_FOUND, None),
        ({"model": "../../etc/passwd"}, Code.NOT_FOUND, None),
        ({"load": False}, Code.FAILED_PRECONDITION, None),
        ({"mode": wire.MODE_UNSPECIFIED}, Code.INVALID_ARGUMENT, "mode"),
        ({"voice": wire.Voice(speed=float("nan"))}, Code.INVALID_ARGUMENT, "voice.speed"),
        ({"voice": wire.Voice(options={"a": float("inf")})}, Code.INVALID_ARGUMENT, "voice.options.a"),
    ],
)
async def test_a_session_that_cannot_be_is_refused_with_code_and_field(
    tone_worker: Serving, request_: dict[str, Any], code: Code, field: str | None
) -> None:
    async with linked(tone_worker) as link:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await start(link, **request_)
    assert refused.value.code() is code
    assert dict(refused.value.trailing_metadata()).get("field") == field


@pytest.mark.parametrize("mode", [wire.MODE_LIVE, wire.MODE_RENDER])
@pytest.mark.parametrize(
    ("chunk", "field"),
    [
        ({"text": "a" * 5_001}, "text"),
        ({"text": "Hi.", "voice": wire.Voice(id="nobody")}, "voice.id"),
        ({"text": "Hi.", "voice": wire.Voice(speed=9)}, "voice.speed"),
        ({"text": "Hi.", "voice": wire.Voice(options={"wobble": 1})}, "voice.options.wobble"),
    ],
)
async def test_a_line_that_cannot_be_spoken_ends_its_stream_with_code_and_field(
    tone_worker: Serving, mode: wire.Mode, chunk: dict[str, Any], field: str
) -> None:
    async with linked(tone_worker) as link:
        session = (await start(link, mode)).session
        call = link.stub.Synthesize(iter([wire.TextChunk(session=session, end_of_line=True, **chunk)]))
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            _ = [frame async for frame in call]
    assert refused.value.code() is Code.INVALID_ARGUMENT
    assert dict(refused.value.trailing_metadata())["field"] == field


async def test_who_comes_when_all_places_are_taken_is_told_when_to_ask_again() -> None:
    async with served(limits={"sessions": 2}) as worker, linked(worker) as link:
        first = await start(link)
        await start(link)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await start(link)
        assert refused.value.code() is Code.RESOURCE_EXHAUSTED
        assert int(dict(refused.value.trailing_metadata())["retry-after-ms"]) > 0
        await link.stub.EndSession(wire.EndSessionRequest(session=first.session))
        await start(link)


async def test_a_session_has_one_live_stream_and_commands_need_a_name(tone_worker: Serving) -> None:
    async with linked(tone_worker) as link:
        speaking = await live(link)
        await speaking.say("A first line.")
        await speaking.hear()
        second = Speaking(link, speaking.session)
        await second.say("Another.")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await second.hear_all()
        assert refused.value.code() is Code.FAILED_PRECONDITION
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await speaking.tell(wire.CONTROL_UNSPECIFIED)
        assert refused.value.code() is Code.INVALID_ARGUMENT
        speaking.session = "nobody"
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await speaking.tell(wire.PAUSE)
        assert refused.value.code() is Code.NOT_FOUND


async def test_models_are_listed_loaded_and_put_out_while_another_speaks(tone_worker: Serving) -> None:
    async with linked(tone_worker) as link:
        listed = {m.id: m for m in (await link.stub.ListModels(wire.ListModelsRequest())).models}
        assert {model.state for model in listed.values()} == {wire.ABSENT}
        speaking = await live(link)
        await speaking.say("A line to be heard while others come and go.")
        await speaking.hear()
        loaded = await link.stub.LoadModel(wire.LoadModelRequest(model="espeak/espeak-ng"))
        assert loaded.model.state == wire.RESIDENT
        assert loaded.took_s > 0
        assert loaded.model.options["pitch"].highest == 99
        gone = await link.stub.UnloadModel(wire.UnloadModelRequest(model="espeak/espeak-ng"))
        assert gone.model.state == wire.ABSENT
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await link.stub.UnloadModel(wire.UnloadModelRequest(model="tone/tone"))
        assert refused.value.code() is Code.FAILED_PRECONDITION
        await link.stub.UnloadModel(wire.UnloadModelRequest(model="tone/tone", when_idle=True))
        reloading = asyncio.ensure_future(speaking.tell(wire.RELOAD))
        await speaking.call.done_writing()
        assert (await speaking.hear_all())[-1].end_of_line, "it was heard to its end"
        await reloading


async def test_capabilities_and_health_tell_a_router_what_it_needs(tone_worker: Serving) -> None:
    async with linked(tone_worker) as link:
        await start(link)
        said = await link.stub.GetCapabilities(wire.GetCapabilitiesRequest())
        assert (said.free_slots, said.max_sessions) == (15, 16)
        assert list(said.resident) == ["tone/tone"]
        assert set(said.models) == {"tone/tone", "espeak/espeak-ng"}
        assert {"en", "en-us", "de"} <= set(said.languages)
        assert list(said.capabilities) == ["batching", "seed", "speed", "streaming"]
    async with grpc.aio.insecure_channel(tone_worker.address, options=OPTIONS) as channel:
        asked: Any = health_pb2_grpc.HealthStub(channel).Check  # type: ignore[attr-defined]
        assert (await asked(health_pb2.HealthCheckRequest(service="tts.TTSService"))).status == 1
        await tone_worker.drain()
        assert (await asked(health_pb2.HealthCheckRequest(service="tts.TTSService"))).status == 2
    async with linked(tone_worker) as link:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await start(link)
        assert refused.value.code() is Code.UNAVAILABLE


async def test_a_client_that_goes_away_leaves_nothing_behind(tone_worker: Serving) -> None:
    async with linked(tone_worker) as link:
        speaking = await live(link)
        await speaking.say("A line that will not be heard to its end by anybody.")
        await speaking.hear()
        speaking.call.cancel()
        assert tone_worker.sessions.speaking == 1
        await _until(lambda: tone_worker.sessions.speaking == 0)
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("live")]


async def test_a_live_stream_sounds_like_the_rendered_line(tone_worker: Serving) -> None:
    async with linked(tone_worker) as link:
        speaking = await live(link, voice=wire.Voice(id="alto"))
        await speaking.say("Same sound.")
        await speaking.call.done_writing()
        pcm = b"".join([frame.pcm for frame in await speaking.hear_all()])
    spectrum = np.abs(np.fft.rfft(np.frombuffer(pcm, "<i2").astype(float)))
    loudest_hz = spectrum.argmax() * 48_000 / (len(pcm) // 2)
    assert loudest_hz == pytest.approx(233, rel=0.03)


async def test_a_message_that_is_too_long_is_refused_by_the_wire() -> None:
    async with served(ToneFamily(), limits={"message_bytes": 65_536}) as worker, linked(worker) as link:
        session = (await start(link)).session
        call = link.stub.Synthesize(iter([wire.TextChunk(session=session, text="a" * 70_000)]))
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            _ = [frame async for frame in call]
    assert refused.value.code() is Code.RESOURCE_EXHAUSTED
