"""What a production needs from outside: rows, blobs, slots at a provider. Implemented in store and jobs."""

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

__all__ = ["Blobs", "Records", "Slots"]


class Records(Protocol):
    """The one door to the database, bound to one owner."""

    async def call(self, function: str, /, **arguments: Any) -> Any:
        """Call a versioned SQL function by name; JSON in, JSON out. Raises `StudioError`s."""
        ...


class Blobs(Protocol):
    """Audio by content hash."""

    async def put(self, payload: bytes) -> str:
        """Keep the bytes durably; their sha256 as hex. The same bytes again cost nothing."""
        ...

    async def get(self, sha256: str) -> bytes:
        """The bytes. Raises `Damaged` when they are missing or changed."""
        ...

    def room_for(self, size_bytes: int) -> None:
        """Raise `DiskFull` when so much wouldn't fit: asked before something is bought."""
        ...


class Slots(Protocol):
    """A provider's concurrency limit, held over all workers together."""

    def hold(self, provider: str, limit: int | None, ttl_s: float) -> AbstractAsyncContextManager[None]:
        """Wait for one of `limit` slots and keep it while inside; freed by itself `ttl_s` after a crash."""
        ...
