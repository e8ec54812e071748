"""Sessions: places, what they hold, and how long one stays that nobody comes back to."""

import asyncio

import pytest

from tests.worker.house import House
from tests.worker.stage import Holding, Pieces
from viraltracker.errors import Conflict, NotFound, NotLoaded, ProviderDown, TryLater
from viraltracker.worker.live import LiveStream
from viraltracker.worker.model import Line
from viraltracker.worker.pacing import Pacer
from viraltracker.worker.sessions import Session, Sessions

pytestmark = pytest.mark.anyio

MODEL = "mem/a"


def opened(house: House, most: int = 3) -> Sessions:
    return Sessions(house.residency, most, 300.0, house.clock.monotonic)


async def start(sessions: Sessions, load: bool = True) -> Session:
    return await sessions.start("live", MODEL, Line(""), load)


async def test_a_session_holds_its_model_until_it_ends() -> None:
    house = House()
    sessions = opened(house)
    one, other = await start(sessions), await start(sessions)
    assert one.id != other.id
    assert house.residency.about(MODEL).users == 2
    await sessions.end(one.id)
    assert house.residency.about(MODEL).users == 1
    with pytest.raises(NotFound):
        await sessions.end(one.id)
    await sessions.close()
    assert house.residency.about(MODEL).users == 0
    with pytest.raises(ProviderDown):
        await start(sessions)
    await house.residency.close()


async def test_places_are_counted_from_the_moment_somebody_asks() -> None:
    house = House(gated=True)
    sessions = opened(house, most=2)
    asked = [asyncio.create_task(start(sessions)) for _ in range(2)]
    await asyncio.sleep(0)
    assert sessions.count == 2
    with pytest.raises(TryLater):
        await start(sessions)
    for each in asked:
        each.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    assert sessions.count == 0, "who leaves while the model loads leaves no place taken"
    with pytest.raises(NotLoaded):
        await start(sessions, load=False)
    assert sessions.count == 0
    await house.residency.close()


async def test_who_is_away_too_long_is_taken_for_gone_but_not_who_speaks() -> None:
    house = House()
    sessions = opened(house)
    left, speaks, comes_back = [await start(sessions) for _ in range(3)]
    with sessions.streaming(speaks):
        house.clock.now_s += 200
        sessions.get(comes_back.id)
        house.clock.now_s += 200
        assert await sessions.sweep() == 1
    with pytest.raises(NotFound):
        sessions.get(left.id)
    house.clock.now_s += 299
    assert await sessions.sweep() == 1, "the one that came back has been away since"
    sessions.get(speaks.id)
    await sessions.close()
    await house.residency.close()


async def test_a_live_session_has_one_stream_and_ending_it_ends_the_stream() -> None:
    house = House()
    sessions = opened(house)
    session = await start(sessions)
    stream = LiveStream(Holding(Pieces()), Pacer(60))
    async with sessions.live(session, stream):
        assert session.stream is stream
        assert sessions.speaking == 1
        with pytest.raises(Conflict), sessions.streaming(session):
            pass
        await sessions.end(session.id)
        assert [frame async for frame in stream.frames()] == []
    assert session.stream is None
    await house.residency.close()
