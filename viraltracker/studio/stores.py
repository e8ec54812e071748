"""Where rows and files are: on this machine, on another Postgres, or in a Supabase project."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol
from uuid import UUID

import anyio
import anyio.to_thread

from viraltracker.errors import BadInput, SettingsRefused
from viraltracker.jobs import QUEUE_SCHEMA, queue_schema_sql, queue_schema_version
from viraltracker.settings import Settings, resource
from viraltracker.store import (
    Actor,
    BucketBlobs,
    EmbeddedPostgres,
    Hosted,
    LocalBlobs,
    Postgres,
    Project,
    Seat,
    Vendor,
    migrate,
)

__all__ = ["Database", "Files", "Rows", "Stores", "open_database", "open_stores", "vendors"]


class Rows(Protocol):
    """The database, for whoever is acted for."""

    def acting_for(self, who: UUID | Seat) -> Actor:
        """The database as somebody who signed in sees it, from where they sit."""
        ...


class Files(Protocol):
    """One owner's files by content hash."""

    async def put(self, payload: bytes) -> str:
        """Keep the bytes durably; their sha256 as hex."""
        ...

    async def put_file(self, path: Path) -> str:
        """Keep a copy of a file durably; its sha256 as hex."""
        ...

    async def get(self, sha256: str) -> bytes:
        """The bytes, known to be right."""
        ...

    async def file(self, sha256: str) -> Path:
        """The bytes as a file on this disk."""
        ...

    def room_for(self, size_bytes: int) -> None:
        """Raise `DiskFull` when so much wouldn't fit."""
        ...


@dataclass(frozen=True, slots=True)
class Database:
    """Where the rows are: the address that may migrate, the one for all the rest, and what brings it back."""

    admin_dsn: str
    dsn: str
    revive: Callable[[], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class Stores:
    """`postgres` is None where the rows are reached over Supabase's HTTP alone; `bucket` with audio there."""

    rows: Rows
    folder: LocalBlobs
    postgres: Postgres | None = None
    bucket: Project | None = None

    @classmethod
    def here(cls, postgres: Postgres, data: Path, bucket: Project | None = None) -> "Stores":
        """Rows over psycopg; files below a data folder, where no bucket has them."""
        return cls(postgres, LocalBlobs(data), postgres, bucket)

    def files(self, who: UUID | Seat) -> Files:
        """The files of the studio they sit in."""
        return self.folder if self.bucket is None else BucketBlobs(self.bucket, who, self.folder)

    def bucket_of(self, owner: UUID) -> BucketBlobs:
        """One owner's files in the bucket. Raises `BadInput` where there is none."""
        if self.bucket is None:
            message = "There is no bucket: set SUPABASE_URL, SUPABASE_KEY and SUPABASE_JWT_SECRET."
            raise BadInput(message)
        return BucketBlobs(self.bucket, owner, self.folder)

    def require_queue(self) -> Postgres:
        """The database as job workers need it. Raises `BadInput` where there is only HTTP."""
        if self.postgres is None:
            message = (
                "Nobody works now. Work is taken by a machine that knows DATABASE_URL, and this one knows "
                "SUPABASE_URL alone: run `viraltracker worker` where both are set. What was asked for waits."
            )
            raise BadInput(message)
        return self.postgres

    def for_upkeep(self) -> tuple[Actor, LocalBlobs]:
        """All rows and all files. Raises `BadInput` where the files are not all here."""
        if self.bucket is not None:
            message = (
                "The audio lies in Supabase's bucket and not on this disk, where this command looks. Bring "
                "it here with `viraltracker blobs copy --to folder`, then run this without SUPABASE_URL."
            )
            raise BadInput(message)
        return self.require_queue().acting_as_studio(), self.folder


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database as it is, not migrated; the embedded one is up until the block ends.

    Raises `BadInput` where only Supabase's HTTP is known.
    """
    if settings.database_url is not None:
        address = settings.database_url.get_secret_value()
        yield Database(address, address)
        return
    if settings.over_http:
        message = (
            "This needs the database's own address: set DATABASE_URL to what Supabase shows under Connect. "
            "`viraltracker migrate --print` writes what is to be run, for Supabase's SQL editor."
        )
        raise BadInput(message)
    server = await anyio.to_thread.run_sync(EmbeddedPostgres.start, settings.data)
    try:
        revive = partial(anyio.to_thread.run_sync, server.ensure_running)
        yield Database(server.admin_dsn, server.dsn, revive)
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(server.stop)


@asynccontextmanager
async def open_stores(settings: Settings) -> AsyncIterator[Stores]:
    """Rows and files, the database migrated where its address is known, until the block ends."""
    async with AsyncExitStack() as stack:
        bucket = _project(settings)
        if bucket is not None:
            await stack.enter_async_context(bucket)
        if bucket is not None and settings.over_http:
            yield Stores(Hosted(bucket), LocalBlobs(settings.data), None, bucket)
            return
        database = await stack.enter_async_context(open_database(settings))
        await anyio.to_thread.run_sync(migrate, database.admin_dsn, resource("sql"), vendors())
        postgres = await stack.enter_async_context(Postgres(database.dsn, revive=database.revive))
        yield Stores.here(postgres, settings.data, bucket)


def vendors() -> tuple[Vendor, ...]:
    """Libraries' own tables that live beside ours."""
    return (Vendor(QUEUE_SCHEMA, queue_schema_version(), queue_schema_sql()),)


def _project(settings: Settings) -> Project | None:
    url, key, secret = settings.supabase_url, settings.supabase_key, settings.supabase_jwt_secret
    if url is None and key is None and secret is None:
        return None
    if url is None or key is None or secret is None:
        given = {"SUPABASE_URL": url, "SUPABASE_KEY": key, "SUPABASE_JWT_SECRET": secret}
        missing = ", ".join(name for name, value in given.items() if value is None)
        raise SettingsRefused(f"SUPABASE_URL, _KEY and _JWT_SECRET go together. Not set: {missing}.")
    return Project(url, key, secret)
