"""What the queue needs from outside: the work itself, and a database to find, to call and to listen to."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol
from uuid import UUID

from viraltracker.errors import StudioError
from viraltracker.jobs.model import Job

__all__ = ["Calls", "Database", "Wakes", "Work"]


class Work(Protocol):
    """What jobs do. Idempotent: after a crash the same work comes again, on another machine perhaps.

    `claim` is new for every run; rows written under it fence off a slow run whose job was taken over. A
    retryable `StudioError` sends the job back into the queue; before any other error leaves, the work has
    written the failure into the studio's own tables.
    """

    async def make_take(self, owner: UUID, take_id: UUID, claim: UUID) -> None:
        """Make the take, judge it, keep it."""
        ...

    async def make_export(self, owner: UUID, export_id: UUID, claim: UUID) -> None:
        """Make the export's file."""
        ...

    async def give_up(self, job: Job, claim: UUID, error: StudioError) -> None:
        """Write the failure of a job that the queue won't run again: retries used up, or its run broke off.

        May be called for work that is settled meanwhile; that stays as it is.
        """
        ...


class Calls(Protocol):
    """A door to the database under one role."""

    async def call(self, function: str, /, **arguments: Any) -> Any:
        """Call a versioned SQL function by name; JSON in, JSON out. Raises `StudioError`s."""
        ...


class Database(Protocol):
    """Where the queue rests."""

    async def url(self) -> str:
        """Its address, once it is there: an embedded server is started if need be. Raises `StoreDown`."""
        ...

    def acting_as_worker(self) -> Calls:
        """The door for the queue's own hands (role `studio_worker`)."""
        ...


class Wakes(Protocol):
    """Notices from the database."""

    def listen(self, channel: str) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """Inside, the payloads of `NOTIFY channel`; "" after every (re)connection: look what was missed."""
        ...
