"""Real voice workers on loopback, in this process, and the engine that speaks through them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from tests.worker.housing import housing
from tests.worker.redis_server import redis_of_its_own, redis_server, shared_redis
from tests.worker.voice_process import start_worker
from viraltracker.speech.rpc.registry import Heartbeat
from viraltracker.speech.worker import Access, StaticWorkers, WorkerEngine
from viraltracker.speech.worker.finding import Links
from viraltracker.speech.worker.link import Link
from viraltracker.worker.config import Config
from viraltracker.worker.families import EspeakFamily, ToneFamily
from viraltracker.worker.ports import Family
from viraltracker.worker.serve import Serving, serving

__all__ = ["housing", "redis_of_its_own", "redis_server", "shared_redis", "start_worker"]  # fixtures

QUICK = Heartbeat(every_s=0.05, ttl_s=30.0, look_s=0.01)
Served = Callable[..., AbstractAsyncContextManager[Serving]]


@asynccontextmanager
async def served(
    *families: Family,
    environ: dict[str, str] | None = None,
    beat: Heartbeat = QUICK,
    **changes: Any,
) -> AsyncIterator[Serving]:
    """A worker with these families (default: tone) until the block ends."""
    said = {
        "address": "127.0.0.1:0",
        "metrics": "",
        "engines": ["tone", "espeak"],
        "default": "",
        **changes,
    }
    config = Config.model_validate(said)
    async with serving(
        config, families or (ToneFamily(),), environ or {}, graceful_s=0.0, beat=beat
    ) as worker:
        yield worker


@asynccontextmanager
async def linked(worker: Serving, access: Access | None = None) -> AsyncIterator[Link]:
    """A connection to it."""
    link = Link(worker.address, access or Access())
    try:
        yield link
    finally:
        await link.aclose()


def over(*workers: Serving) -> WorkerEngine:
    """The studio's engine over these workers; whoever makes it closes it."""
    links = Links(Access())
    return WorkerEngine(StaticWorkers([worker.address for worker in workers], links), links)


@asynccontextmanager
async def engine_over(*workers: Serving) -> AsyncIterator[WorkerEngine]:
    """The same until the block ends."""
    engine = over(*workers)
    try:
        yield engine
    finally:
        await engine.aclose()


@pytest.fixture
async def tone_worker() -> AsyncIterator[Serving]:
    async with served(ToneFamily(), EspeakFamily()) as worker:
        yield worker
