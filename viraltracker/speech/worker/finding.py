"""Which workers there are: a list of addresses that are asked, or a registry that is read."""

import asyncio
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from viraltracker.errors import SpeechError
from viraltracker.speech.rpc import tts_pb2 as wire
from viraltracker.speech.rpc.cards import WorkerCard
from viraltracker.speech.rpc.registry import Registry
from viraltracker.speech.worker.link import Access, Link

__all__ = ["Finder", "Links", "RegisteredWorkers", "StaticWorkers"]

_FRESH_S: Final = 0.5
"""A look that young is good enough: what changed since comes back as a refusal, and the next one is tried."""
_ASK_S: Final = 2.0


class Links:
    """The connections to workers, one for each address, kept open."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._links: dict[str, Link] = {}

    def to(self, card: WorkerCard) -> Link:
        """The connection to a worker, under its own name."""
        link = self.at(card.address)
        link.name = card.name
        return link

    def at(self, address: str) -> Link:
        """The connection to an address."""
        if address not in self._links:
            self._links[address] = Link(address, self._access)
        return self._links[address]

    async def aclose(self) -> None:
        """Close them all."""
        links, self._links = list(self._links.values()), {}
        await asyncio.gather(*(link.aclose() for link in links))


class Finder(Protocol):
    """Knows the workers of the moment. One look is shared by all who ask together."""

    @abstractmethod
    async def cards(self) -> tuple[WorkerCard, ...]:
        """The workers that are there, by name. Raises `ProviderDown` when nobody can be asked."""

    @abstractmethod
    async def silent(self) -> tuple[str, ...]:
        """Addresses that should answer and don't."""

    @abstractmethod
    async def aclose(self) -> None:
        """Close what was opened for looking."""


class StaticWorkers(Finder):
    """The workers at a list of addresses; each is asked for its card."""

    def __init__(
        self, addresses: Sequence[str], links: Links, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._addresses = tuple(addresses)
        self._links = links
        self._now = monotonic
        self._looking = asyncio.Lock()
        self._looked_s: float | None = None
        self._seen: dict[str, WorkerCard | None] = {}

    async def cards(self) -> tuple[WorkerCard, ...]:
        """See `Finder`."""
        await self._look()
        there = (card for card in self._seen.values() if card is not None)
        return tuple(sorted(there, key=lambda card: card.name))

    async def silent(self) -> tuple[str, ...]:
        """See `Finder`."""
        await self._look()
        return tuple(address for address, card in self._seen.items() if card is None)

    async def aclose(self) -> None:
        """See `Finder`. The links are others'."""

    async def _look(self) -> None:
        async with self._looking:
            if self._looked_s is None or self._now() - self._looked_s > _FRESH_S:
                cards = await asyncio.gather(*(self._card(address) for address in self._addresses))
                self._seen = dict(zip(self._addresses, cards, strict=True))
                self._looked_s = self._now()

    async def _card(self, address: str) -> WorkerCard | None:
        try:
            said = await self._links.at(address).ask("GetCapabilities", wire.GetCapabilitiesRequest(), _ASK_S)
        except SpeechError:
            return None
        return WorkerCard(
            name=said.name or address,
            address=address,
            languages=tuple(said.languages),
            resident=tuple(said.resident),
            models=tuple(said.models),
            max_sessions=said.max_sessions,
            free_slots=said.free_slots,
            queue_depth=said.queue_depth,
            rtf=said.rtf,
            draining=said.draining,
        )


class RegisteredWorkers(Finder):
    """The workers that a registry knows."""

    def __init__(self, registry: Registry, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._registry = registry
        self._now = monotonic
        self._looking = asyncio.Lock()
        self._looked_s: float | None = None
        self._seen: tuple[WorkerCard, ...] = ()

    async def cards(self) -> tuple[WorkerCard, ...]:
        """See `Finder`."""
        async with self._looking:
            if self._looked_s is None or self._now() - self._looked_s > _FRESH_S:
                self._seen = await self._registry.cards()
                self._looked_s = self._now()
            return self._seen

    async def silent(self) -> tuple[str, ...]:
        """See `Finder`. A worker that is silent is out of the registry."""
        return ()

    async def aclose(self) -> None:
        """See `Finder`."""
        await self._registry.aclose()
