"""The registry over a real Redis: who is there, for how long, what strangers left, a server that ends."""

import logging
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from pydantic import SecretStr

from tests.worker.patience import soon
from tests.worker.redis_server import RedisServer
from viraltracker.errors import ProviderDown, SettingsRefused
from viraltracker.speech.rpc.cards import WorkerCard, card_to_json
from viraltracker.speech.rpc.registry import Registry

ADA = WorkerCard("ada", "10.0.0.1:50051", ("en",), (), ("tone/tone",))
BO = WorkerCard("bo", "10.0.0.2:50051", ("en",), (), ("tone/tone",))
SECRET = "canary-5fbd31a2"


@asynccontextmanager
async def registry_at(url: str, wait_s: float = 5.0) -> AsyncIterator[Registry]:
    registry = Registry(SecretStr(url), wait_s)
    try:
        yield registry
    finally:
        await registry.aclose()


@pytest.fixture
async def registry(redis_server: RedisServer) -> AsyncIterator[Registry]:
    async with registry_at(redis_server.url) as opened:
        yield opened


async def test_who_said_that_it_is_there_is_found_until_it_says_that_it_is_gone(registry: Registry) -> None:
    assert await registry.cards() == ()
    await registry.announce(BO, 30.0)
    await registry.announce(ADA, 30.0)
    assert await registry.cards() == (ADA, BO)
    await registry.announce(replace(ADA, free_slots=0), 30.0)
    assert await registry.cards() == (replace(ADA, free_slots=0), BO)
    await registry.withdraw(ADA)
    await registry.withdraw(ADA)
    assert await registry.cards() == (BO,)


async def test_two_workers_of_one_name_are_two(registry: Registry) -> None:
    twin = replace(ADA, address=BO.address)
    await registry.announce(twin, 30.0)
    await registry.announce(ADA, 30.0)
    assert await registry.cards() == (ADA, twin)


async def test_who_died_is_out_after_one_lifetime(registry: Registry, redis_server: RedisServer) -> None:
    await registry.announce(ADA, 0.2)
    await registry.announce(BO, 30.0)
    began_s = time.monotonic()
    assert await registry.cards() == (ADA, BO)

    async def is_out() -> bool:
        return await registry.cards() == (BO,)

    await soon(is_out)
    assert time.monotonic() - began_s < 0.2 + 2.0
    with redis_server.client() as client:
        assert 29_000 < int(client.pttl(f"worker:bo@{BO.address}")) <= 30_000


async def test_what_strangers_left_there_is_passed_over(
    registry: Registry, redis_server: RedisServer
) -> None:
    with redis_server.client() as client:
        client.lpush("worker:list", "x")
        client.hset("worker:hash", "field", "x")
        client.set("worker:rubbish", b"\x00\xff{")
        client.set("worker:huge", b'{"name": "' + b"x" * 50_000_000)
        client.set("worker:long", card_to_json(ADA) + " " * 70_000)
        client.set("worker:odd\nkey", b"[]")
        client.set("session:1", card_to_json(BO))
        client.mset({f"other:{n}": n for n in range(2000)})
    await registry.announce(ADA, 30.0)
    assert await registry.cards() == (ADA,)


async def test_a_card_that_is_in_twice_is_one_worker(registry: Registry, redis_server: RedisServer) -> None:
    with redis_server.client() as client:
        client.set("worker:copied", card_to_json(ADA))
    await registry.announce(ADA, 30.0)
    assert await registry.cards() == (ADA,)


@pytest.mark.parametrize("card", [replace(ADA, name="a b"), replace(ADA, name=""), replace(ADA, address="*")])
async def test_a_name_that_is_none_is_a_mistake(registry: Registry, card: WorkerCard) -> None:
    with pytest.raises(ValueError):
        await registry.announce(card, 1.0)


async def test_a_registry_that_is_away_is_told_and_found_again(
    redis_of_its_own: Callable[..., RedisServer],
) -> None:
    server = redis_of_its_own()
    async with registry_at(server.url) as registry:
        for _ in range(2):
            for ask in (registry.cards(), registry.announce(ADA, 1.0), registry.withdraw(ADA)):
                with pytest.raises(ProviderDown, match="registry of voice workers doesn't answer") as refused:
                    await ask
                assert refused.value.__context__ is None
            server.start()
            await registry.announce(ADA, 30.0)
            assert await registry.cards() == (ADA,)
            server.stop()


async def test_a_registry_that_hangs_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes connections, and never a word
        async with registry_at(f"redis://127.0.0.1:{mute.getsockname()[1]}/0", wait_s=0.05) as registry:
            with pytest.raises(ProviderDown, match="doesn't answer"):
                await registry.cards()


@pytest.mark.parametrize("password", ["", "wrong-3d1c"])
async def test_a_password_is_never_told(
    redis_of_its_own: Callable[..., RedisServer], password: str, caplog: pytest.LogCaptureFixture
) -> None:
    server = redis_of_its_own(SECRET)
    server.start()
    caplog.set_level(logging.DEBUG)
    async with registry_at(server.url) as registry:
        await registry.announce(ADA, 30.0)
        assert await registry.cards() == (ADA,)
    async with registry_at(server.url.replace(f":{SECRET}@", f":{password}@" if password else "")) as other:
        with pytest.raises(ProviderDown, match="lets nobody in with that name and password") as refused:
            await other.cards()
    told = f"{refused.value!r} {refused.value.__cause__!r} {refused.value.__context__!r} {caplog.text}"
    assert SECRET not in told
    assert not password or password not in told


@pytest.mark.parametrize("url", [f"redis://:{SECRET}/x@host", f"redis://u:p@h:{SECRET}/0", f"ftp://{SECRET}"])
async def test_an_address_that_is_none_is_refused_without_its_words(url: str) -> None:
    with pytest.raises(SettingsRefused, match="Mend REDIS_URL") as refused:
        Registry(SecretStr(url))
    assert SECRET not in f"{refused.value!r} {refused.value.__context__!r}"
