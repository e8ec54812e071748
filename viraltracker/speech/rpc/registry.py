"""Where workers say that they are there: keys in a Redis that end by themselves.

`worker:<name>@<address>` holds a card for 30 s and is written anew every 10 s, so a worker that died is out
after one lifetime of its key, whatever killed it.
"""

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import SecretStr
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    NoPermissionError,
    RedisError,
)
from redis.exceptions import ConnectionError as CutOff

from viraltracker.errors import ProviderDown, SettingsRefused
from viraltracker.speech.rpc.cards import MOST_CARD_BYTES, WorkerCard, card_from_json, card_to_json

__all__ = ["Heartbeat", "Registry"]

_PREFIX: Final = "worker:"
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}@[A-Za-z0-9._:\[\]-]{3,260}")
_LOOK_S: Final = 5.0
_MOST: Final = 500
_DENIED: Final = (AuthenticationError, AuthorizationError, NoPermissionError)

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """How often a worker says that it is there, for how long that holds, and how often it looks for news.

    A card that changed is written at the next look: a router goes by what is in it.
    """

    every_s: float = 10.0
    ttl_s: float = 30.0
    look_s: float = 0.25


class Registry:
    """The cards of all workers. Errors are `ProviderDown`; an address with a password is in none of them."""

    def __init__(self, url: SecretStr, wait_s: float = 2.0) -> None:
        """Connects when first asked. Raises `SettingsRefused` for what is no address of a Redis."""
        redis = _redis_at(url.get_secret_value(), wait_s)
        if redis is None:
            raise SettingsRefused(
                "The registry's address can't be read; it looks like redis://localhost:6379/0, and signs in "
                "a password are written as %2F and so on. Mend REDIS_URL."
            )
        self._redis = redis

    async def announce(self, card: WorkerCard, ttl_s: float) -> None:
        """Say that a worker is there, for `ttl_s`."""
        await _heard(self._redis.set(_key(card), card_to_json(card), px=round(ttl_s * 1000)))

    async def withdraw(self, card: WorkerCard) -> None:
        """Say that it is gone."""
        await _heard(self._redis.delete(_key(card)))

    async def cards(self) -> tuple[WorkerCard, ...]:
        """The workers that are there, by name. What no worker wrote is passed over."""
        return await _heard(self._cards())

    async def aclose(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _cards(self) -> tuple[WorkerCard, ...]:
        async with asyncio.timeout(_LOOK_S):
            keys: list[bytes] = []
            async for key in self._redis.scan_iter(match=f"{_PREFIX}*", count=_MOST):
                keys.append(key)
                if len(keys) == _MOST:
                    break
            if not keys:
                return ()
            # Parts, and not values: whoever else writes there may have put anything of any size.
            asking: Any = self._redis.pipeline(transaction=False)
            for key in keys:
                asking.getrange(key, 0, MOST_CARD_BYTES)
            texts = await asking.execute(raise_on_error=False)
        cards = (card_from_json(text) for text in texts if isinstance(text, bytes))
        found = {card.address: card for card in cards if card is not None}
        return tuple(sorted(found.values(), key=lambda card: (card.name, card.address)))


def _redis_at(url: str, wait_s: float) -> Redis | None:
    try:
        return Redis.from_url(
            url,
            socket_timeout=wait_s,
            socket_connect_timeout=wait_s,
            # Once more for a connection that a restart of the server has cut, and no waiting for it.
            retry=Retry(NoBackoff(), 1, (CutOff,)),
        )
    except (ValueError, TypeError):  # its words quote the address
        return None


def _key(card: WorkerCard) -> str:
    who = f"{card.name}@{card.address}"
    if not _KEY.fullmatch(who):
        raise ValueError("a worker's name has letters, digits, . _ - only, and its address a host and a port")
    return _PREFIX + who


async def _heard(answer: Awaitable[_Answer]) -> _Answer:
    lost: str | None = None
    try:
        return await answer
    except (RedisError, OSError, TimeoutError) as problem:
        # A refused password comes inside the failure of the connection it was to open.
        if isinstance(problem, _DENIED) or isinstance(problem.__cause__, _DENIED):
            lost = "lets nobody in with that name and password. Mend REDIS_URL"
        else:
            lost = f"doesn't answer ({type(problem).__name__}). Look whether Redis runs, and at REDIS_URL"
    raise ProviderDown(f"The registry of voice workers {lost}.")
