"""A voice worker put together: models, sessions and lines behind one gRPC server, until it is told to end."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any, Final

import anyio.to_thread
import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from pydantic import SecretStr

from viraltracker.errors import SettingsRefused
from viraltracker.speech.rpc import tts_pb2_grpc
from viraltracker.speech.rpc.cards import WorkerCard
from viraltracker.speech.rpc.registry import Heartbeat, Registry
from viraltracker.worker.announcing import Announcer, reachable_at
from viraltracker.worker.calls import About, TtsCalls
from viraltracker.worker.config import Config, HostPort, host_port
from viraltracker.worker.guard import TokenGuard, credentials
from viraltracker.worker.metrics import Metrics
from viraltracker.worker.packs import Packs, catalogue, read_packs
from viraltracker.worker.ports import Family
from viraltracker.worker.renders import Renders
from viraltracker.worker.residency import Residency
from viraltracker.worker.sessions import Sessions

__all__ = ["Serving", "serving"]

_log = logging.getLogger(__name__)
_OPTIONS: Final = (
    # Small windows: what lies in them when a stream is paused is heard all the same.
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 16_384),
    # Two workers on one address would share its calls without a word.
    ("grpc.so_reuseport", 0),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
)
_BEAT: Final = Heartbeat()
_SWEEP_S: Final = 5.0
_GRACEFUL_S: Final = 30.0
_SERVICE: Final = "tts.TTSService"


@dataclass(frozen=True, slots=True)
class Serving:
    """A worker at work. `address`: where it answers; `metrics_port`: where its figures are, None: nowhere."""

    address: str
    metrics_port: int | None
    residency: Residency
    sessions: Sessions
    renders: Renders
    drain: Callable[[], Awaitable[None]]


@asynccontextmanager
async def serving(
    config: Config,
    families: Iterable[Family],
    environ: Mapping[str, str],
    *,
    graceful_s: float = _GRACEFUL_S,
    beat: Heartbeat = _BEAT,
    monotonic: Callable[[], float] = time.monotonic,
) -> AsyncIterator[Serving]:
    """Serve while inside. Raises `SettingsRefused` for what can't be served like that.

    Leaving takes no new sessions, lets streams end for `graceful_s`, and gives all memory back.
    """
    metrics = Metrics()
    async with AsyncExitStack() as stack:
        residency = await _models(config, tuple(families), metrics, monotonic)
        stack.push_async_callback(residency.close)
        sessions = Sessions(residency, config.limits.sessions, config.limits.idle_session_s, monotonic)
        stack.push_async_callback(sessions.close)
        spoke = partial(_spoke, residency, metrics)
        renders = Renders(config.limits.queue, config.limits.batch, metrics, spoke, monotonic)
        stack.push_async_callback(renders.close)
        metrics.watch(lambda: sessions.count, lambda: renders.depth)
        calls = TtsCalls(_about(config), residency, sessions, renders, metrics, spoke)
        answering = health.aio.HealthServicer()
        server, listening = await _listening(config, environ, calls, answering)
        drain = _Drain(server, sessions, answering, graceful_s)
        stack.push_async_callback(drain.end)
        for work in (residency.sweep(), _sweep(sessions)):
            stack.push_async_callback(_ended, asyncio.create_task(work, name="worker upkeep"))
        for model in sorted(config.pinned):
            await residency.load(model)
        port = _measured(config, metrics, stack)
        url = config.redis_url(environ)
        if url is not None:
            card = partial(calls.card, str(reachable_at(config, listening)))
            drain.announcer = _announced(url, card, beat, stack)
        _log.info("worker.serving", extra={"worker": config.name, "address": str(listening)})
        yield Serving(str(listening), port, residency, sessions, renders, drain.begin)


async def _models(
    config: Config, families: Sequence[Family], metrics: Metrics, monotonic: Callable[[], float]
) -> Residency:
    found = await anyio.to_thread.run_sync(read_packs, config.packs) if config.packs else Packs((), ())
    return Residency(
        families,
        catalogue(found, families),
        config.rules,
        warm_up_ms=config.residency.warm_up_ms,
        check_s=config.residency.check_s,
        watcher=metrics,
        monotonic=monotonic,
    )


def _about(config: Config) -> About:
    return About(
        name=config.name,
        version=version("viraltracker"),
        default=config.default,
        lead_ms=config.live.lead_ms,
        most_chars=config.limits.text_chars,
        most_message_bytes=config.limits.message_bytes,
    )


def _spoke(residency: Residency, metrics: Metrics, model: str, work_s: float, audio_s: float) -> None:
    residency.note(model, work_s, audio_s)
    metrics.spoke(model, work_s, audio_s)


def _measured(config: Config, metrics: Metrics, stack: AsyncExitStack) -> int | None:
    """Where figures are read from here on. Raises `SettingsRefused` where something else listens."""
    if not config.metrics:
        return None
    where = host_port(config.metrics)
    try:
        return stack.enter_context(metrics.served(where.host, where.port))
    except OSError as error:
        raise SettingsRefused(
            f"The worker's figures can't be offered at {where} ({error.strerror}). Choose another address "
            'with --metrics, or none with --metrics "".'
        ) from None


def _announced(url: str, card: Callable[[], WorkerCard], beat: Heartbeat, stack: AsyncExitStack) -> Announcer:
    """Tell the registry there from here on that the worker is there."""
    registry = Registry(SecretStr(url))
    stack.push_async_callback(registry.aclose)
    announcer = Announcer(registry, card, beat)
    telling = asyncio.create_task(announcer.run(), name="worker heartbeat")
    stack.push_async_callback(_ended, telling)
    stack.push_async_callback(announcer.leave)
    return announcer


async def _listening(
    config: Config, environ: Mapping[str, str], calls: TtsCalls, answering: Any
) -> tuple[Any, HostPort]:
    token = config.token(environ)
    options = (*_OPTIONS, ("grpc.max_receive_message_length", config.limits.message_bytes))
    guards = () if token is None else (TokenGuard(token),)
    server = grpc.aio.server(interceptors=guards, options=options)
    tts_pb2_grpc.add_TTSServiceServicer_to_server(calls, server)  # type: ignore[no-untyped-call]
    health_pb2_grpc.add_HealthServicer_to_server(answering, server)
    where = host_port(config.address)
    try:
        if config.tls.certificate is not None and config.tls.key is not None:
            port = server.add_secure_port(str(where), credentials(config.tls.certificate, config.tls.key))
        else:
            port = server.add_insecure_port(str(where))
    except RuntimeError:
        port = 0
    if not port:
        raise SettingsRefused(
            f"The voice worker can't listen at {where}: something else does, or it is no address of this "
            "machine. Choose another with --address."
        )
    await server.start()
    for name in ("", _SERVICE):
        await answering.set(name, health_pb2.HealthCheckResponse.SERVING)
    return server, HostPort(where.host, port)


class _Drain:
    """Ending without hanging up on anybody, for a while."""

    def __init__(self, server: Any, sessions: Sessions, answering: Any, graceful_s: float) -> None:
        self._server, self._sessions, self._health = server, sessions, answering
        self._graceful_s = graceful_s
        self.announcer: Announcer | None = None

    async def begin(self) -> None:
        """Take no new sessions; say so to who asks for health, and be out of the registry."""
        self._sessions.draining = True
        await self._health.enter_graceful_shutdown()
        if self.announcer is not None:
            await self.announcer.leave()

    async def end(self) -> None:
        """Let what is spoken end, then hang up."""
        await self.begin()
        await self._server.stop(self._graceful_s if self._sessions.speaking else 0.0)


async def _sweep(sessions: Sessions) -> None:
    while True:
        await asyncio.sleep(_SWEEP_S)
        await sessions.sweep()


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
