"""Finding workers: by their addresses, by a registry, and by the addresses while the registry is away."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from pydantic import SecretStr

from tests.worker.conftest import served
from tests.worker.patience import soon
from tests.worker.redis_server import RedisServer
from tests.worker.stage import Clock
from viraltracker.errors import NeedsKey, NonsenseAnswer, ProviderDown
from viraltracker.settings import Settings
from viraltracker.speech import SpeechRequest
from viraltracker.speech.rpc import tts_pb2 as wire
from viraltracker.speech.rpc import tts_pb2_grpc
from viraltracker.speech.rpc.registry import Registry
from viraltracker.speech.worker import (
    Access,
    Links,
    RegisteredWorkers,
    RegistryOrList,
    StaticWorkers,
    WorkerEngine,
)
from viraltracker.studio import make_engines
from viraltracker.worker.serve import Serving

LINE = SpeechRequest(text="Hello.", voice="bass", model="tone/tone")
NOBODY = "127.0.0.1:1"


@asynccontextmanager
async def registered(
    server: RedisServer, *listed: Serving, clock: Clock | None = None
) -> AsyncIterator[WorkerEngine]:
    """The engine over a registry, and over a list of workers if there are any."""
    links = Links(Access())
    found = RegisteredWorkers(Registry(SecretStr(server.url)), clock or Clock())
    addresses = [worker.address for worker in listed]
    finder = RegistryOrList(found, StaticWorkers(addresses, links, Clock())) if listed else found
    engine = WorkerEngine(finder, links)
    try:
        yield engine
    finally:
        await engine.aclose()


async def appeared(engine: WorkerEngine, clock: Clock, *names: str) -> None:
    """Until these workers, and no others, are in the registry."""

    async def are_there() -> bool:
        clock.now_s += 1.0
        return [card.name for card in await engine.finder.cards()] == list(names)

    await soon(are_there)


async def test_an_address_where_nobody_answers_is_silent_and_keeps_nobody_else() -> None:
    async with served(name="ada") as ada:
        links = Links(Access())
        finder = StaticWorkers([NOBODY, ada.address, ada.address], links)
        assert [card.name for card in await finder.cards()] == ["ada"]
        assert list(await finder.silent()) == [NOBODY]
        engine = WorkerEngine(finder, links)
        health = await engine.health()
        assert health.ready
        assert f"1 worker, 16 places free; no answer from {NOBODY}" in health.note
        await engine.aclose()


async def test_where_nobody_is_one_is_told_how_to_start_one() -> None:
    links = Links(Access())
    engine = WorkerEngine(StaticWorkers([NOBODY], links), links)
    with pytest.raises(ProviderDown, match=r"No voice worker is there\. `viraltracker worker serve` starts"):
        await engine.synthesize(LINE)
    assert not (await engine.health()).ready
    await engine.aclose()


class Stranger(tts_pb2_grpc.TTSServiceServicer):
    """Speaks the wire, and says what no worker of ours would."""

    async def GetCapabilities(self, _: object, __: object) -> wire.GetCapabilitiesResponse:  # noqa: N802
        return wire.GetCapabilitiesResponse(name="gpu\x1b[2J", free_slots=2**31 - 1, rtf=float("nan"))


async def test_who_describes_itself_like_no_worker_is_none() -> None:
    server = grpc.aio.server()
    tts_pb2_grpc.add_TTSServiceServicer_to_server(Stranger(), server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    links = Links(Access())
    finder = StaticWorkers([address], links)
    assert await finder.cards() == ()
    assert isinstance((await finder.silent())[address], NonsenseAnswer)
    await links.aclose()
    await server.stop(0)


async def test_workers_are_found_in_the_registry(redis_server: RedisServer) -> None:
    environ, clock = {"REDIS_URL": redis_server.url}, Clock()
    async with served(environ=environ, name="ada"), registered(redis_server, clock=clock) as engine:
        await appeared(engine, clock, "ada")
        speech = await engine.synthesize(LINE)
    assert speech.facts["worker"] == "ada"
    assert "fallback" not in speech.facts


async def test_a_registry_that_is_away_is_told(redis_of_its_own: Callable[..., RedisServer]) -> None:
    async with registered(redis_of_its_own("canary-5fbd31a2")) as engine:
        with pytest.raises(ProviderDown, match="registry of voice workers doesn't answer") as refused:
            await engine.synthesize(LINE)
        health = await engine.health()
    assert not health.ready
    assert "registry of voice workers doesn't answer" in health.note
    assert "canary" not in f"{health.note} {refused.value!r}"


async def test_while_the_registry_is_away_the_list_is_used_and_that_is_told(
    redis_of_its_own: Callable[..., RedisServer],
) -> None:
    server, clock = redis_of_its_own(), Clock()
    environ = {"REDIS_URL": server.url}
    async with served(environ=environ, name="ada") as ada, registered(server, ada, clock=clock) as engine:
        speech = await engine.synthesize(LINE)
        assert speech.facts["worker"] == "ada"
        assert "the addresses in VIRALTRACKER_WORKERS are used" in str(speech.facts["fallback"])
        assert "the addresses in VIRALTRACKER_WORKERS are used" in (await engine.health()).note
        server.start()
        async with served(environ=environ, name="bo"):
            await appeared(engine, clock, "ada", "bo")
            assert "VIRALTRACKER_WORKERS" not in (await engine.health()).note
            assert "fallback" not in (await engine.synthesize(LINE)).facts


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({}, StaticWorkers),
        ({"redis_url": "redis://localhost:6379/0"}, RegisteredWorkers),
        ({"redis_url": "redis://localhost:6379/0", "workers": "10.0.0.7:50051"}, RegistryOrList),
    ],
)
async def test_only_a_list_that_was_set_stands_in_for_a_registry(
    tmp_path: Path, more: dict[str, Any], kind: type
) -> None:
    engines = make_engines(Settings(data=tmp_path, **more))
    engine = engines["worker"]
    assert isinstance(engine, WorkerEngine)
    assert type(engine.finder) is kind
    for each in engines.values():
        await each.aclose()


async def test_who_asks_for_a_token_is_not_taken_for_dead() -> None:
    environ = {"TOKEN": "0123456789abcdef"}
    async with served(environ=environ, token_env="TOKEN") as worker:
        links = Links(Access())
        engine = WorkerEngine(StaticWorkers([worker.address], links), links)
        with pytest.raises(NeedsKey, match="VIRALTRACKER_WORKER_TOKEN"):
            await engine.synthesize(LINE)
        health = await engine.health()
        await engine.aclose()
    assert not health.ready
    assert "VIRALTRACKER_WORKER_TOKEN" in health.note
