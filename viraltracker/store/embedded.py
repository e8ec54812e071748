"""The embedded Postgres as everybody uses it: started by the first process, stopped by the last one to leave.

In: a data folder. Out: addresses (`dsn`, `admin_dsn`) on a unix socket that only this user can reach; never
TCP. Every process that uses the server holds a shared file lock, which the kernel takes back however the
process ends, so one that was killed is never counted. Whoever leaves and gets the lock for itself stops the
server.
"""

import atexit
import fcntl
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from types import MappingProxyType

import anyio
import anyio.to_thread
import psycopg
from psycopg import sql

from viraltracker.errors import DiskFull, SettingsRefused
from viraltracker.store import postmaster
from viraltracker.store.cluster import Cluster
from viraltracker.store.space import Reserve, free_space_check, place_refused

__all__ = ["DATABASE", "LOGIN", "EmbeddedPostgres", "embedded_postgres"]

DATABASE = "studio"
LOGIN = "studio_login"
"""Whom everything but migrations and backups connects as: no superuser, and bound by row level security."""
_NEW_CLUSTER_BYTES = 120_000_000
_NOTHING: Mapping[str, str] = MappingProxyType({})


class EmbeddedPostgres:
    """A running server below a data folder, until `stop`. Made by `start`; methods block for milliseconds."""

    def __init__(self, cluster: Cluster, users: int, settings: Mapping[str, str]) -> None:
        self._cluster = cluster
        self._users: int | None = users
        self._settings = settings
        self._reserve = Reserve(cluster.folder / "reserve")
        self.folder = cluster.folder
        self.dsn = cluster.dsn(LOGIN, DATABASE)
        self.admin_dsn = cluster.dsn("postgres", DATABASE)

    @classmethod
    def start(cls, folder: Path, settings: Mapping[str, str] = _NOTHING) -> "EmbeddedPostgres":
        """Start the server of `folder`, or join it when it runs. `settings` are Postgres's own, for a fresh
        start.

        Raises `SettingsRefused`, `DiskFull`, `StoreDown`, `MigrationRefused`.
        """
        try:
            cluster = Cluster.below(folder)
            users = os.open(cluster.folder / "postgres.users", os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise place_refused(error, folder, SettingsRefused) from error
        server = cls(cluster, users, settings)
        with ExitStack() as unfinished:
            unfinished.callback(os.close, users)
            with server._locked():
                fcntl.flock(users, fcntl.LOCK_SH)
                server._bring_up()
            unfinished.pop_all()
        atexit.register(server.stop)
        return server

    def ensure_running(self) -> None:
        """Start the server again when it died. Costs one connection, 3 ms, when it didn't."""
        if not postmaster.answers(self._cluster):
            with self._locked():
                self._bring_up()

    async def revive(self) -> None:
        """`ensure_running` for those who wait: what a pool awaits before it connects."""
        await anyio.to_thread.run_sync(self.ensure_running)

    def stop(self) -> None:
        """Leave; the last one to leave stops the server. Safe to call twice."""
        users, self._users = self._users, None
        if users is None:
            return
        atexit.unregister(self.stop)
        try:
            with self._locked():
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return
                postmaster.stop(self._cluster)
        finally:
            os.close(users)

    def programs(self) -> Path:
        """The folder of this server's own programs, `pg_dump` among them."""
        return self._cluster.programs()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time starts, stops or repairs this server."""
        lock = os.open(self.folder / "postgres.lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _bring_up(self) -> None:
        if not postmaster.answers(self._cluster):
            if not self._cluster.pgdata.exists():
                free_space_check(self.folder, _NEW_CLUSTER_BYTES)
            self._cluster.make()
            try:
                postmaster.start(self._cluster, self._settings)
            except DiskFull:
                if not self._reserve.release():
                    raise
                postmaster.start(self._cluster, self._settings)
        self._reserve.keep()
        self._make_database()

    def _make_database(self) -> None:
        with psycopg.connect(self._cluster.dsn("postgres", "postgres"), autocommit=True) as connection:
            known = connection.execute(
                "select exists (select from pg_roles where rolname = %s), "
                "exists (select from pg_database where datname = %s)",
                (LOGIN, DATABASE),
            ).fetchone()
            has_login, has_database = known or (False, False)
            if not has_login:
                make = "create role {} login nosuperuser nocreatedb nocreaterole noinherit nobypassrls"
                connection.execute(sql.SQL(make).format(sql.Identifier(LOGIN)))
            if not has_database:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))


@asynccontextmanager
async def embedded_postgres(folder: Path) -> AsyncIterator[EmbeddedPostgres]:
    """The server of `folder`, running while inside."""
    server = await anyio.to_thread.run_sync(EmbeddedPostgres.start, folder)
    try:
        yield server
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(server.stop)
