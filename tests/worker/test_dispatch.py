"""Who gets the next line: lines are spread, full workers waited for, lost ones asked last, detours told."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
import grpc
import pytest

from tests.worker.conftest import served
from tests.worker.stage import Clock
from viraltracker.errors import NeedsKey, NonsenseAnswer, ProviderDown, Refused, TryLater
from viraltracker.speech import SpeechRequest
from viraltracker.speech.rpc import tts_pb2 as wire
from viraltracker.speech.rpc import tts_pb2_grpc
from viraltracker.speech.rpc.cards import WorkerCard
from viraltracker.speech.worker import Access, Links, StaticWorkers, WorkerEngine
from viraltracker.speech.worker.dispatch import Dispatch, Tried
from viraltracker.speech.worker.routing import Need
from viraltracker.worker.families import EspeakFamily, ToneFamily
from viraltracker.worker.model import Line

NEED = Need("tone/tone")


def line(n: int = 0) -> SpeechRequest:
    return SpeechRequest(text=f"Line number {n}.", voice="bass", model="tone/tone")


class Cards(StaticWorkers):
    """A finder whose cards are set by hand."""

    def __init__(self, *cards: WorkerCard) -> None:
        super().__init__([], Links(Access()))
        self.found = cards

    async def cards(self) -> tuple[WorkerCard, ...]:
        return self.found


def card(name: str, port: int, **more: int) -> WorkerCard:
    facts = {"max_sessions": 4, "free_slots": 4, **more}
    return WorkerCard(name, f"127.0.0.1:{port}", models=("tone/tone",), **facts)  # type: ignore[arg-type]


@asynccontextmanager
async def engine_at(addresses: Sequence[str], clock: Clock | None = None) -> AsyncIterator[WorkerEngine]:
    links = Links(Access())
    if clock is None:
        engine = WorkerEngine(StaticWorkers(addresses, links), links)
    else:
        finder = StaticWorkers(addresses, links, clock)
        engine = WorkerEngine(finder, links, monotonic=clock, sleep=clock.sleep)
    try:
        yield engine
    finally:
        await engine.aclose()


async def test_lines_that_are_asked_for_together_go_to_all_workers() -> None:
    async with AsyncExitStack() as stack:
        workers = [
            await stack.enter_async_context(served(name=name, default="tone/tone")) for name in ("ada", "bo")
        ]
        engine = await stack.enter_async_context(engine_at([worker.address for worker in workers]))
        spoken = await asyncio.gather(*(engine.synthesize(line(n)) for n in range(16)))
    shares = Counter(speech.facts["worker"] for speech in spoken)
    assert min(shares["ada"], shares["bo"]) >= 6
    assert all("fallback" not in speech.facts for speech in spoken)


async def test_a_voice_stays_where_it_spoke() -> None:
    async with AsyncExitStack() as stack:
        workers = [
            await stack.enter_async_context(served(name=name, default="tone/tone")) for name in ("ada", "bo")
        ]
        engine = await stack.enter_async_context(engine_at([worker.address for worker in workers]))
        first = [(await engine.synthesize(line(n))).facts["worker"] for n in range(4)]
    assert len(set(first)) == 1


async def test_a_line_waits_while_all_are_full() -> None:
    clock, gate = Clock(), anyio.Event()

    async def held(_: float) -> None:
        await gate.wait()

    slow = ToneFamily(rtf=1.0, sleep=held)
    one: dict[str, Any] = {"limits": {"sessions": 1}, "residency": {"warm_up_ms": 0}}
    async with served(slow, **one) as worker, engine_at([worker.address], clock) as engine:
        first = asyncio.create_task(engine.synthesize(line(1)))
        while not worker.sessions.speaking:  # noqa: ASYNC110 - the wire sets no event here
            await asyncio.sleep(0)
        second = asyncio.create_task(engine.synthesize(line(2)))
        began_s = clock.now_s
        while clock.now_s < began_s + 5.0:  # it has slept for that long  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert not second.done()
        gate.set()
        assert (await first).facts["worker"] == (await second).facts["worker"]


async def test_a_line_that_is_broken_off_lets_go_of_its_place() -> None:
    begun, never = anyio.Event(), anyio.Event()

    async def held(_: float) -> None:
        begun.set()
        await never.wait()

    slow = ToneFamily(rtf=1.0, sleep=held)
    async with served(slow, residency={"warm_up_ms": 0}) as worker, engine_at([worker.address]) as engine:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(engine.synthesize, line())
                await begun.wait()
                scope.cancel()
        assert scope.cancelled_caught
        assert worker.sessions.count == 0


async def test_a_line_that_finds_no_place_for_minutes_comes_again_later() -> None:
    clock = Clock()
    async with served(limits={"sessions": 1}) as worker, engine_at([worker.address], clock) as engine:
        await worker.sessions.start("live", "tone/tone", Line(""), load=True)
        with pytest.raises(TryLater, match="are full"):
            await engine.synthesize(line())
        assert clock.now_s > 200


async def test_a_lost_worker_is_asked_last_for_a_while() -> None:
    clock = Clock()
    ada, bo = card("ada", 1), card("bo", 2, queue_depth=1)
    dispatch = Dispatch(Cards(ada, bo), clock)
    with pytest.raises(ProviderDown), dispatch.at(ada):
        raise ProviderDown
    chosen = await dispatch.choose(NEED, "bass", Tried())
    assert (chosen.card, chosen.instead) == (bo, "ada did not answer lately")
    clock.now_s += 6.0
    assert (await dispatch.choose(NEED, "bass", Tried())).card == ada
    with pytest.raises(ProviderDown), dispatch.at(ada):
        raise ProviderDown
    with dispatch.at(ada):
        pass
    assert (await dispatch.choose(NEED, "bass", Tried())).card == ada, "it answered since"


async def test_what_came_of_the_others_is_told() -> None:
    dispatch = Dispatch(Cards(card("cy", 3)))
    tried = Tried(
        failed={card("ada", 1): ProviderDown(), card("bo", 2): NonsenseAnswer()},
        full={card("dee", 4): TryLater(after_s=2.0)},
    )
    chosen = await dispatch.choose(NEED, "", tried)
    assert chosen.instead == "ada was lost; bo gave no whole line; dee had no free place"


@pytest.mark.parametrize(
    ("failed", "kind"),
    [
        ([NeedsKey("one"), NeedsKey("two")], NeedsKey),
        ([NeedsKey("one"), ProviderDown("two")], ProviderDown),
        ([NonsenseAnswer("one")], NonsenseAnswer),
    ],
)
async def test_when_all_have_failed_that_is_said_in_their_words(failed: list, kind: type) -> None:
    cards = [card(f"w{n}", n + 1) for n in range(len(failed))]
    with pytest.raises(kind, match="one"):
        await Dispatch(Cards(*cards)).choose(NEED, "", Tried(dict(zip(cards, failed, strict=True))))


async def test_a_model_that_nobody_has_is_told() -> None:
    with pytest.raises(ProviderDown, match=r'has "piper/x". Start one that has it'):
        await Dispatch(Cards(card("ada", 1))).choose(Need("piper/x"), "", Tried())


async def test_full_workers_are_no_missing_ones() -> None:
    full = card("ada", 1, free_slots=0)
    with pytest.raises(TryLater, match="full"):
        await Dispatch(Cards(full)).choose(NEED, "", Tried())


async def test_a_text_that_one_refuses_is_not_taken_to_the_next() -> None:
    async with served(name="ada") as ada, served(name="bo") as bo:
        async with engine_at([ada.address, bo.address]) as engine:
            with pytest.raises(Refused, match="ada"):
                await engine.synthesize(SpeechRequest(text="Hi.", voice="nobody", model="tone/tone"))
        assert bo.sessions.started == 0


async def test_voices_of_those_that_answer_are_listed_beside_one_that_just_died() -> None:
    async with served(ToneFamily(), EspeakFamily()) as worker:
        links = Links(Access())
        dead = card("gone", 1)
        found = await StaticWorkers([worker.address], links).cards()
        engine = WorkerEngine(Cards(dead, *found), links)
        assert {voice.model for voice in await engine.voices()} == {"tone/tone", "espeak/espeak-ng"}
        await engine.aclose()


class Rogue(tts_pb2_grpc.TTSServiceServicer):
    """A worker that answers nonsense."""

    def __init__(self, rate_hz: int = 24_000, last: wire.AudioFrame | None = None) -> None:
        self.rate_hz = rate_hz
        self.last = last or wire.AudioFrame(pcm=b"\0\0" * 100, end_of_line=True)

    async def GetCapabilities(self, _: object, __: object) -> wire.GetCapabilitiesResponse:  # noqa: N802
        return wire.GetCapabilitiesResponse(name="rogue", models=["tone/tone"], max_sessions=4, free_slots=4)

    async def StartSession(self, _: object, __: object) -> wire.StartSessionResponse:  # noqa: N802
        return wire.StartSessionResponse(session="1", model="\0\x1b[2J", rate_hz=self.rate_hz)

    async def EndSession(self, _: object, __: object) -> wire.EndSessionResponse:  # noqa: N802
        return wire.EndSessionResponse()

    async def Synthesize(self, _: object, __: object) -> AsyncIterator[wire.AudioFrame]:  # noqa: N802
        yield self.last


@asynccontextmanager
async def rogue(worker: Rogue) -> AsyncIterator[WorkerEngine]:
    server = grpc.aio.server()
    tts_pb2_grpc.add_TTSServiceServicer_to_server(worker, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with engine_at([f"127.0.0.1:{port}"]) as engine:
        yield engine
    await server.stop(0)


@pytest.mark.parametrize(
    "worker",
    [
        Rogue(rate_hz=0),
        Rogue(rate_hz=2**31),
        Rogue(last=wire.AudioFrame(pcm=b"\0\0")),
        Rogue(last=wire.AudioFrame(pcm=b"\0\0\0", end_of_line=True)),
        Rogue(last=wire.AudioFrame(end_of_line=True)),
    ],
)
async def test_nonsense_is_no_line(worker: Rogue) -> None:
    async with rogue(worker) as engine:
        with pytest.raises(NonsenseAnswer, match="rogue"):
            await engine.synthesize(line())


async def test_what_a_worker_says_of_itself_can_be_kept() -> None:
    last = wire.AudioFrame(pcm=b"\0\0" * 100, end_of_line=True, waited_s=float("nan"), made_s=float("inf"))
    async with rogue(Rogue(last=last)) as engine:
        speech = await engine.synthesize(SpeechRequest(text="Hi.", voice="bass"))
    assert speech.facts == {"worker": "rogue", "model": "[2J", "waited_ms": 0, "made_ms": 0}
