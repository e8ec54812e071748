"""The rows as somebody sees them: what fills every part's port, over either transport."""

from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["Actor", "Transport"]


class Transport(Protocol):
    """A way to the database's functions: `Postgres` over psycopg, `Hosted` over Supabase's HTTP."""

    async def run(self, function: str, arguments: dict[str, Any], role: str, claims: str) -> Any:
        """One call under a role and its claims (JSON); `Actor.call` in other words."""
        ...


@dataclass(frozen=True, slots=True)
class Actor:
    """The database under one role and its claims."""

    _transport: Transport
    _role: str
    _claims: str

    async def call(self, function: str, /, **arguments: Any) -> Any:
        """Call a versioned SQL function by name with named arguments; its answer as JSON values.

        Values: None, bool, int, float, str, UUID, datetime, and lists and dicts of them. Raises
        `StudioError`s: `BadInput` and its kinds, `Conflict`, `Denied`, `StoreDown`, `DiskFull`, `StoreError`.
        """
        return await self._transport.run(function, arguments, self._role, self._claims)
