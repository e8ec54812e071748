"""Where workers say that they are there: keys in a Redis that end by themselves.

`worker:<name>` holds a card for 30 s and is written anew every 10 s, so a worker that died is out after one
lifetime of its key, whatever killed it.
"""

import re
from collections.abc import Awaitable
from typing import Final, TypeVar, cast

from pydantic import SecretStr
from redis.asyncio import Redis
from redis.exceptions import RedisError

from viraltracker.errors import ProviderDown
from viraltracker.speech.rpc.cards import WorkerCard, card_from_json, card_to_json

__all__ = ["HEARTBEAT_S", "TTL_S", "Registry"]

TTL_S: Final = 30
HEARTBEAT_S: Final = 10.0
_PREFIX: Final = "worker:"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_WAIT_S: Final = 2.0
_MOST: Final = 500

_Answer = TypeVar("_Answer")


class Registry:
    """The cards of all workers. Errors are `ProviderDown`; an address with a password is in none of them."""

    def __init__(self, url: SecretStr) -> None:
        self._redis = Redis.from_url(
            url.get_secret_value(), socket_timeout=_WAIT_S, socket_connect_timeout=_WAIT_S
        )

    async def announce(self, card: WorkerCard, ttl_s: int = TTL_S) -> None:
        """Say that a worker is there, for `ttl_s`."""
        await _heard(self._redis.set(_key(card.name), card_to_json(card), ex=ttl_s))

    async def withdraw(self, name: str) -> None:
        """Say that it is gone."""
        await _heard(self._redis.delete(_key(name)))

    async def cards(self) -> tuple[WorkerCard, ...]:
        """The workers that are there, by name. What no worker wrote is passed over."""
        return await _heard(self._cards())

    async def aclose(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _cards(self) -> tuple[WorkerCard, ...]:
        keys: list[bytes] = []
        async for key in self._redis.scan_iter(match=f"{_PREFIX}*", count=_MOST):
            keys.append(key)
            if len(keys) == _MOST:
                break
        if not keys:
            return ()
        texts = await cast("Awaitable[list[bytes | None]]", self._redis.mget(keys))
        cards = (card_from_json(text) for text in texts if text is not None)
        return tuple(sorted((card for card in cards if card is not None), key=lambda card: card.name))


def _key(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("a worker's name has letters, digits, . _ - only")
    return _PREFIX + name


async def _heard(answer: Awaitable[_Answer]) -> _Answer:
    lost: str | None = None
    try:
        return await answer
    except (RedisError, OSError, TimeoutError) as problem:
        lost = type(problem).__name__
    raise ProviderDown(f"The registry of voice workers doesn't answer ({lost}). Look whether Redis runs.")
