"""Which workers there are: a list of addresses that are asked, or a registry that is read."""

import asyncio
import time
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from pydantic import SecretStr

from viraltracker.errors import NonsenseAnswer, ProviderDown, SpeechError
from viraltracker.speech.rpc import tts_pb2 as wire
from viraltracker.speech.rpc.cards import WorkerCard, card_from
from viraltracker.speech.rpc.registry import Registry
from viraltracker.speech.worker.link import Access, Link

__all__ = ["Finder", "Links", "RegisteredWorkers", "RegistryOrList", "StaticWorkers", "finder_over"]

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
    """Knows the workers of the moment. One look is shared by all who ask together.

    `fallback`: why those of the last look were found in another way than was set; empty: they weren't.
    """

    fallback: str = ""

    @abstractmethod
    async def cards(self) -> tuple[WorkerCard, ...]:
        """The workers that are there, by name. Raises `ProviderDown` when nobody can be asked."""

    @abstractmethod
    async def silent(self) -> Mapping[str, SpeechError]:
        """Addresses that should answer and don't, and why."""

    @abstractmethod
    async def aclose(self) -> None:
        """Close what was opened for looking."""


class StaticWorkers(Finder):
    """The workers at a list of addresses; each is asked for its card."""

    def __init__(
        self, addresses: Sequence[str], links: Links, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._addresses = tuple(dict.fromkeys(addresses))
        self._links = links
        self._now = monotonic
        self._looking = asyncio.Lock()
        self._looked_s: float | None = None
        self._seen: dict[str, WorkerCard | SpeechError] = {}

    async def cards(self) -> tuple[WorkerCard, ...]:
        """See `Finder`."""
        await self._look()
        cards = [card for card in self._seen.values() if isinstance(card, WorkerCard)]
        return tuple(sorted(cards, key=lambda card: (card.name, card.address)))

    async def silent(self) -> Mapping[str, SpeechError]:
        """See `Finder`."""
        await self._look()
        return {address: said for address, said in self._seen.items() if isinstance(said, SpeechError)}

    async def aclose(self) -> None:
        """See `Finder`. The links are others'."""

    async def _look(self) -> None:
        async with self._looking:
            if self._looked_s is None or self._now() - self._looked_s > _FRESH_S:
                cards = await asyncio.gather(*(self._card(address) for address in self._addresses))
                self._seen = dict(zip(self._addresses, cards, strict=True))
                self._looked_s = self._now()

    async def _card(self, address: str) -> WorkerCard | SpeechError:
        try:
            said = await self._links.at(address).ask("GetCapabilities", wire.GetCapabilitiesRequest(), _ASK_S)
        except SpeechError as problem:
            return problem
        card = card_from(
            {
                "name": said.name,
                "address": address,
                "languages": tuple(said.languages),
                "capabilities": tuple(said.capabilities),
                "resident": tuple(said.resident),
                "models": tuple(said.models),
                "max_sessions": said.max_sessions,
                "free_slots": said.free_slots,
                "queue_depth": said.queue_depth,
                "rtf": said.rtf,
                "draining": said.draining,
            }
        )
        return card or NonsenseAnswer(f"What answers at {address} is no voice worker of this studio's kind.")


class RegisteredWorkers(Finder):
    """The workers that a registry knows."""

    def __init__(self, registry: Registry, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._registry = registry
        self._now = monotonic
        self._looking = asyncio.Lock()
        self._looked_s: float | None = None
        self._seen: tuple[WorkerCard, ...] | ProviderDown = ()

    async def cards(self) -> tuple[WorkerCard, ...]:
        """See `Finder`."""
        async with self._looking:
            if self._looked_s is None or self._now() - self._looked_s > _FRESH_S:
                try:
                    self._seen = await self._registry.cards()
                except ProviderDown as down:  # for all who ask now: each would wait as long
                    self._seen = down
                self._looked_s = self._now()
            if isinstance(self._seen, ProviderDown):
                raise ProviderDown(self._seen.message)
            return self._seen

    async def silent(self) -> Mapping[str, SpeechError]:
        """See `Finder`. A worker that is silent is out of the registry."""
        return {}

    async def aclose(self) -> None:
        """See `Finder`."""
        await self._registry.aclose()


class RegistryOrList(Finder):
    """The workers that a registry knows, and those of a list while it doesn't answer."""

    def __init__(self, registered: RegisteredWorkers, listed: StaticWorkers) -> None:
        self._registered = registered
        self._listed = listed

    async def cards(self) -> tuple[WorkerCard, ...]:
        """See `Finder`."""
        try:
            cards = await self._registered.cards()
        except ProviderDown as down:
            self.fallback = f"{down.message.rstrip('.')}; the addresses in VIRALTRACKER_WORKERS are used"
            return await self._listed.cards()
        self.fallback = ""
        return cards

    async def silent(self) -> Mapping[str, SpeechError]:
        """See `Finder`. Those of the list, while it is used."""
        return await self._listed.silent() if self.fallback else await self._registered.silent()

    async def aclose(self) -> None:
        """See `Finder`."""
        await self._registered.aclose()
        await self._listed.aclose()


def finder_over(links: Links, addresses: Sequence[str], registry: SecretStr | None) -> Finder:
    """Who knows the workers: the registry at that address, the list, or both. Raises `SettingsRefused`."""
    listed = StaticWorkers(addresses, links)
    if registry is None:
        return listed
    registered = RegisteredWorkers(Registry(registry))
    return RegistryOrList(registered, listed) if addresses else registered
