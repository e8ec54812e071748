"""What a voice said before goes over the wire whole, and is refused where nothing hears it."""

import grpc
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.worker.conftest import linked, served
from tests.worker.test_wire import Speaking, start
from viraltracker.audio import Clip
from viraltracker.errors import Refused
from viraltracker.speech import SpeechRequest, Turn, latest
from viraltracker.speech.rpc import tts_pb2 as wire
from viraltracker.speech.worker.scenes import pieces_of
from viraltracker.worker.scenes import Scene

RATE_HZ = 24_000


def turn(text: str, seconds: float, speed: float = 1.0, rate_hz: int = RATE_HZ) -> Turn:
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    return Turn(text, Clip((0.3 * np.sin(2 * np.pi * 220 * times)).astype(np.float32), rate_hz), speed)


def over_the_wire(*turns: Turn) -> tuple[Turn, ...]:
    scene = Scene(RATE_HZ)
    for piece in pieces_of(turns, RATE_HZ):
        assert piece.ByteSize() < 64_000
        scene.feed(wire.Before.FromString(piece.SerializeToString()))
    heard = scene.taken()
    assert scene.taken() == ()
    return heard


def test_turns_arrive_as_they_were_said() -> None:
    said = (turn("One.", 3.1), turn("Two, slower.", 0.4, 0.8), turn("Three.", 1.0, rate_hz=48_000))
    heard = over_the_wire(*said)
    assert [(each.text, each.speed) for each in heard] == [(each.text, each.speed) for each in said]
    for one, other in zip(said[:2], heard[:2], strict=True):
        assert np.abs(one.clip.samples - other.clip.samples).max() < 1e-4
    assert abs(heard[2].clip.length - RATE_HZ) <= 1


@given(some.lists(some.floats(0.1, 9.0), max_size=6), some.floats(0, 30))
def test_the_latest_whole_lines_are_heard(lengths: list[float], seconds: float) -> None:
    turns = [
        Turn(str(at), Clip(np.zeros(round(length * 1_000), np.float32), 1_000))
        for at, length in enumerate(lengths)
    ]
    kept = latest(turns, seconds)
    assert kept == tuple(turns[len(turns) - len(kept) :])
    assert sum(each.seconds for each in kept) <= seconds + 1e-6
    if len(kept) < len(turns):
        assert sum(each.seconds for each in kept) + turns[-1 - len(kept)].seconds > seconds - 1e-6


def test_a_line_that_was_stretched_counts_at_its_own_pace() -> None:
    assert turn("Slow.", 2.0, 0.5).seconds == pytest.approx(1.0)


@pytest.mark.parametrize(
    "pieces",
    [
        [wire.Before(pcm=b"\0\0")],
        [wire.Before(text="odd", pcm=b"\0")],
        [wire.Before(text="mad", pcm=b"\0\0", speed=9.0)],
        [wire.Before(text="mad", pcm=b"\0\0", speed=float("nan"))],
        [wire.Before(text="w" * 5_001)],
        [wire.Before(text="long", pcm=bytes(2 * RATE_HZ * 60))] * 3,
    ],
)
def test_what_is_no_turn_is_refused(pieces: list[wire.Before]) -> None:
    scene = Scene(RATE_HZ)
    *fine, last = pieces
    for piece in fine:
        scene.feed(piece)
    with pytest.raises(Refused) as refused:
        scene.feed(last)
    assert refused.value.facts["field"] == "before"


@pytest.mark.anyio
@pytest.mark.parametrize("mode", [wire.MODE_RENDER, wire.MODE_LIVE])
async def test_who_does_not_listen_says_so(mode: wire.Mode) -> None:
    async with served() as worker, linked(worker) as link:
        session = await start(link, mode)
        speaking = Speaking(link, session.session)
        for piece in pieces_of([turn("One.", 0.1)], session.rate_hz):
            await speaking.call.write(wire.TextChunk(session=session.session, before=piece))
        await speaking.say("Two.")
        await speaking.call.done_writing()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await speaking.hear_all()
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert ("field", "before") in tuple(refused.value.trailing_metadata())


def test_a_request_that_follows_nothing_is_as_it_always_was() -> None:
    assert SpeechRequest("Hello.", "bass").said == ()
