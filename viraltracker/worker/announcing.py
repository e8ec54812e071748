"""A worker's place in the registry: told when it begins, whenever its card changes, and when it ends."""

import asyncio
import logging
import socket
import time
from collections.abc import Awaitable, Callable

from viraltracker.errors import ProviderDown, SettingsRefused
from viraltracker.speech.rpc.cards import WorkerCard
from viraltracker.speech.rpc.registry import Heartbeat, Registry
from viraltracker.worker.config import Config, HostPort, host_port

__all__ = ["Announcer", "reachable_at"]

_log = logging.getLogger(__name__)


class Announcer:
    """Keeps a worker's card in the registry until it leaves. A registry that is away is told of once."""

    def __init__(
        self,
        registry: Registry,
        card: Callable[[], WorkerCard],
        beat: Heartbeat,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._registry = registry
        self._card = card
        self._beat = beat
        self._now, self._sleep = monotonic, sleep
        self._writing = asyncio.Lock()
        self._told: WorkerCard | None = None
        self._told_s = 0.0
        self._heard = True
        self._left = False

    async def run(self) -> None:
        """Say that the worker is there, again and again."""
        while not self._left:
            async with self._writing:
                await self._tell()
            await self._sleep(self._beat.look_s)

    async def leave(self) -> None:
        """Take the worker out, for good. Where the registry doesn't answer, its card ends by itself."""
        self._left = True
        async with self._writing:
            if self._told is None:
                return
            try:
                await self._registry.withdraw(self._told)
            except ProviderDown:
                _log.warning("registry.silent")
            self._told = None

    async def _tell(self) -> None:
        card, now_s = self._card(), self._now()
        if self._left or (card == self._told and now_s - self._told_s < self._beat.every_s):
            return
        try:
            await self._registry.announce(card, self._beat.ttl_s)
        except ProviderDown:
            if self._heard:
                _log.warning("registry.silent")
            self._heard = False
        else:
            if not self._heard:
                _log.info("registry.heard")
            self._heard = True
            self._told, self._told_s = card, now_s


def reachable_at(
    config: Config, listening: HostPort, machine: Callable[[], str] = socket.gethostname
) -> HostPort:
    """The address that others are told. Raises `SettingsRefused` where this machine's name is none."""
    if config.advertise:
        told = host_port(config.advertise)
        return HostPort(told.host, told.port or listening.port)
    if not listening.is_every_address:
        return listening
    try:
        return host_port(f"{machine()}:{listening.port}")
    except ValueError:
        raise SettingsRefused(
            "This machine's name is no address that studios could find the worker at. Set `advertise` in its "
            "configuration, like 10.0.0.7:50051."
        ) from None
