"""What a worker tells the registry of itself: from its start, with every change, until it drains or ends."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from tests.worker.conftest import QUICK, linked, served
from tests.worker.patience import soon
from tests.worker.redis_server import RedisServer
from viraltracker.errors import ProviderDown, SettingsRefused
from viraltracker.speech.rpc import tts_pb2 as wire
from viraltracker.speech.rpc.cards import WorkerCard
from viraltracker.speech.rpc.registry import Heartbeat, Registry
from viraltracker.worker.announcing import Announcer, reachable_at
from viraltracker.worker.config import Config, HostPort

Cards = tuple[WorkerCard, ...]
Seen = Callable[[Callable[[Cards], bool]], Awaitable[Cards]]


@asynccontextmanager
async def reading(server: RedisServer) -> AsyncIterator[Seen]:
    """Waits until the cards in a registry, as somebody else reads them, are as wanted."""
    registry = Registry(SecretStr(server.url))

    async def seen(wanted: Callable[[Cards], bool]) -> Cards:
        last: Cards = ()

        async def holds() -> bool:
            nonlocal last
            try:
                last = await registry.cards()
            except ProviderDown:
                return False
            return wanted(last)

        await soon(holds)
        return last

    try:
        yield seen
    finally:
        await registry.aclose()


def names(*wanted: str) -> Callable[[Cards], bool]:
    return lambda cards: tuple(card.name for card in cards) == wanted


async def test_a_worker_is_found_from_its_start_to_its_end(redis_server: RedisServer) -> None:
    environ = {"REDIS_URL": redis_server.url}
    async with reading(redis_server) as seen:
        async with served(environ=environ, name="ada") as ada, served(environ=environ, name="bo"):
            cards = await seen(names("ada", "bo"))
            assert cards[0].address == ada.address
            assert cards[0].models == ("tone/tone",)
        with redis_server.client() as client:
            assert client.keys("*") == [], "they left by themselves"


async def test_a_card_follows_the_worker_without_waiting_for_the_next_beat(redis_server: RedisServer) -> None:
    slow = Heartbeat(every_s=60.0, ttl_s=60.0, look_s=0.01)
    async with (
        served(environ={"REDIS_URL": redis_server.url}, beat=slow) as worker,
        linked(worker) as link,
        reading(redis_server) as seen,
    ):
        await seen(lambda cards: [card.free_slots for card in cards] == [16])
        await link.stub.StartSession(
            wire.StartSessionRequest(mode=wire.MODE_LIVE, model="tone/tone", load=True)
        )
        await seen(lambda cards: [(c.free_slots, c.resident) for c in cards] == [(15, ("tone/tone",))])


async def test_a_card_lives_on_while_nothing_changes(redis_server: RedisServer) -> None:
    brief = Heartbeat(every_s=0.05, ttl_s=30.0, look_s=0.01)
    async with (
        served(environ={"REDIS_URL": redis_server.url}, beat=brief),
        reading(redis_server) as seen,
    ):
        (card,) = await seen(bool)
        with redis_server.client() as client:
            key = f"worker:{card.name}@{card.address}"
            client.pexpire(key, 1_000)

            async def renewed() -> bool:
                return int(client.pttl(key)) > 25_000

            await soon(renewed)


async def test_who_drains_is_out_at_once_and_stays_out(redis_server: RedisServer) -> None:
    async with (
        served(environ={"REDIS_URL": redis_server.url}) as worker,
        reading(redis_server) as seen,
    ):
        await seen(bool)
        await worker.drain()
        with redis_server.client() as client:
            assert client.keys("*") == []
        async with linked(worker) as link:  # many looks later
            for _ in range(100):
                assert (await link.stub.GetCapabilities(wire.GetCapabilitiesRequest())).draining
        with redis_server.client() as client:
            assert client.keys("*") == []


async def test_a_worker_needs_no_registry_to_start_and_finds_it_when_it_comes(
    redis_of_its_own: Callable[..., RedisServer], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "viraltracker")
    server = redis_of_its_own("canary-5fbd31a2")
    async with (
        served(environ={"REDIS_URL": server.url}, name="ada") as worker,
        reading(server) as seen,
        linked(worker) as link,
    ):
        for _ in range(2):
            await link.stub.GetCapabilities(wire.GetCapabilitiesRequest())
            server.start()
            await seen(names("ada"))
            server.stop()

            async def told() -> bool:
                return caplog.messages.count("registry.silent") > caplog.messages.count("registry.heard")

            await soon(told)
    assert caplog.messages.count("registry.heard") == 2
    # Once for each outage, and once for the card that could not be taken out.
    assert caplog.messages.count("registry.silent") <= 4
    assert "canary" not in caplog.text


async def test_a_dead_worker_leaves_by_itself(redis_server: RedisServer) -> None:
    registry = Registry(SecretStr(redis_server.url))
    card = WorkerCard("ada", "10.0.0.1:50051")
    announcer = Announcer(registry, lambda: card, Heartbeat(every_s=0.05, ttl_s=0.3, look_s=0.01))
    beating = asyncio.create_task(announcer.run())
    async with reading(redis_server) as seen:
        await seen(names("ada"))
        beating.cancel()  # without a word, as a kill would
        await asyncio.gather(beating, return_exceptions=True)
        with redis_server.client() as client:
            assert int(client.pttl("worker:ada@10.0.0.1:50051")) <= 300
        await seen(names())
    await registry.aclose()


EVERYWHERE = "0.0.0.0"  # noqa: S104 - nothing listens there


@pytest.mark.parametrize(
    ("listening", "advertise", "told"),
    [
        (HostPort("127.0.0.1", 50051), "", "127.0.0.1:50051"),
        (HostPort(EVERYWHERE, 50051), "", "gpu-box:50051"),
        (HostPort("::", 50051), "", "gpu-box:50051"),
        (HostPort(EVERYWHERE, 50051), "10.0.0.7:443", "10.0.0.7:443"),
        (HostPort(EVERYWHERE, 50051), "voices.example:0", "voices.example:50051"),
    ],
)
def test_others_are_told_an_address_that_they_can_reach(
    listening: HostPort, advertise: str, told: str
) -> None:
    config = Config.model_validate({"advertise": advertise})
    assert str(reachable_at(config, listening, lambda: "GPU-Box")) == told


def test_a_machine_whose_name_is_no_address_needs_one() -> None:
    with pytest.raises(SettingsRefused, match="Set `advertise`"):
        reachable_at(Config(), HostPort(EVERYWHERE, 1), lambda: "my box")


async def test_what_is_advertised_is_in_the_card(redis_server: RedisServer) -> None:
    environ = {"REDIS_URL": redis_server.url}
    async with served(environ=environ, advertise="voices.example:0") as worker, reading(redis_server) as seen:
        (card,) = await seen(bool)
    assert card.address == f"voices.example:{worker.address.rpartition(':')[2]}"


async def test_a_registry_address_that_is_none_ends_the_start() -> None:
    with pytest.raises(SettingsRefused, match="REDIS_URL"):
        async with served(environ={"REDIS_URL": "ftp://nowhere"}, beat=QUICK):
            pass
