"""The worst days: a killed database, a full disk. What was acknowledged is there afterwards."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from hashlib import sha256
from math import inf
from pathlib import Path
from uuid import UUID

import anyio
import anyio.lowlevel
import psutil
import psycopg
import pytest

from tests.postgres import SQL_ROOT, short_folder, vendors
from viraltracker.errors import DiskFull, StoreDown
from viraltracker.store import Actor, EmbeddedPostgres, Postgres, migrate
from viraltracker.store.space import Reserve

pytestmark = pytest.mark.faults

WRITERS = 4
ROUNDS = 4
COMMITS_BETWEEN_KILLS = 60
ALL_HASHES = "select sha256 from blobs"


def kill(folder: Path) -> None:
    """The whole server at once, as a power cut would."""
    postmaster = psutil.Process(int((folder / "postgres" / "postmaster.pid").read_text().split()[0]))
    for process in (postmaster, *postmaster.children()):
        with suppress(psutil.NoSuchProcess):
            process.kill()


@pytest.fixture
def migrated(own_server: EmbeddedPostgres) -> EmbeddedPostgres:
    """A durable server with the studio's tables."""
    migrate(own_server.admin_dsn, SQL_ROOT, vendors())
    return own_server


@pytest.fixture
async def revived(migrated: EmbeddedPostgres) -> AsyncIterator[Postgres]:
    """A pool that starts its server again."""
    async with Postgres(migrated.dsn, revive=migrated.revive) as postgres:
        yield postgres


async def put(store: Actor, name: str) -> str:
    digest = sha256(name.encode()).hexdigest()
    await store.call("studio_blob_put_v1", sha256=digest, bytes=1, media_type="audio/wav")
    return digest


async def test_no_acknowledged_commit_is_lost_when_the_server_is_killed(
    migrated: EmbeddedPostgres, revived: Postgres, owner: UUID
) -> None:
    store = revived.acting_for(owner)
    acknowledged: set[str] = set()
    failures: list[str] = []
    before, goal = 0, inf

    async def write(writer: int) -> None:
        for number in range(10_000):
            if len(acknowledged) >= goal:
                return
            try:
                acknowledged.add(await put(store, f"{before}/{writer}/{number}"))
            except StoreDown as error:
                failures.append(error.code)

    for _ in range(ROUNDS):
        before, goal = len(acknowledged), inf  # nobody is done before the server was killed
        async with anyio.create_task_group() as writing:
            for writer in range(WRITERS):
                writing.start_soon(write, writer)
            while len(acknowledged) < before + COMMITS_BETWEEN_KILLS // 2:
                await anyio.lowlevel.checkpoint()
            kill(migrated.folder)
            goal = before + COMMITS_BETWEEN_KILLS
        with psycopg.connect(migrated.admin_dsn) as connection:
            kept = {row[0] for row in connection.execute(ALL_HASHES)}
        assert acknowledged <= kept
    assert len(failures) >= ROUNDS  # or nothing was killed under load


async def test_a_pool_without_revival_says_so_and_recovers(migrated: EmbeddedPostgres, owner: UUID) -> None:
    async with Postgres(migrated.dsn) as postgres:
        store = postgres.acting_for(owner)
        await put(store, "before")
        kill(migrated.folder)
        with pytest.raises(StoreDown) as caught:
            await put(store, "lost")
        assert caught.value.retryable
        await migrated.revive()
        for attempt in range(50):  # the pool may still be pausing after its last attempt
            try:
                await put(store, f"after {attempt}")
                break
            except StoreDown:
                continue
        assert await put(store, "after")


async def test_a_listener_survives_and_says_look_again(migrated: EmbeddedPostgres, revived: Postgres) -> None:
    def notify(payload: str) -> None:
        with psycopg.connect(migrated.admin_dsn, autocommit=True) as connection:
            connection.execute("select pg_notify('takes', %s)", (payload,))

    with anyio.fail_after(20):
        async with revived.listen("takes") as payloads:
            assert await anext(payloads) == ""
            notify("one")
            notify("two")
            assert [await anext(payloads), await anext(payloads)] == ["one", "two"]
            kill(migrated.folder)
            assert await anext(payloads) == ""
            notify("three")
            assert await anext(payloads) == "three"


async def test_a_cancelled_call_leaves_the_pool_whole(migrated: EmbeddedPostgres, revived: Postgres) -> None:
    with psycopg.connect(migrated.admin_dsn, autocommit=True) as connection:
        connection.execute(
            "create function private.wait_v1() returns void language plpgsql as "
            "$$ begin perform pg_notify('waiting', ''); perform pg_sleep(60); end $$"
        )
        connection.execute("grant execute on function private.wait_v1() to studio_login")
    studio = revived.acting_as_studio()
    running = (
        "select count(*) from pg_stat_activity where query like '%%wait_v1%%' and pid <> pg_backend_pid()"
    )
    for _ in range(3):
        async with anyio.create_task_group() as calls:
            for _ in range(4):
                calls.start_soon(studio.call, "private.wait_v1")
            with psycopg.connect(migrated.admin_dsn, autocommit=True) as connection:
                while connection.execute(running).fetchone() == (0,):
                    await anyio.lowlevel.checkpoint()
            calls.cancel_scope.cancel()
    assert await studio.call("private.blob_census_v1") == {"blobs": [], "missing": []}


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of 160 MB of its own. Needs the right to mount, which containers often withhold."""
    folder = short_folder()
    mount = ["mount", "-t", "tmpfs", "-o", "size=160m,mode=0711", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        folder.rmdir()
        pytest.skip("A FULL DISK WAS NOT TRIED: this needs root and the right to mount a tmpfs")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


def fill(folder: Path) -> None:
    with (folder / "ballast").open("wb", buffering=0) as ballast:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    ballast.write(b"\0" * size)
            except OSError:
                continue


async def test_a_full_disk(small_disk: Path, owner: UUID) -> None:
    server = EmbeddedPostgres.start(small_disk)
    try:
        migrate(server.admin_dsn, SQL_ROOT, vendors())
        acknowledged = await write_until_full(server, small_disk, owner)
        # The server could not go on; the next start gives the reserve back and finds every row.
        server.stop()
        server = EmbeddedPostgres.start(small_disk)
        assert not (small_disk / "reserve").exists()
        with psycopg.connect(server.admin_dsn) as connection:
            kept = {row[0] for row in connection.execute(ALL_HASHES)}
        assert acknowledged <= kept
        # Space again: the reserve is kept anew.
        (small_disk / "ballast").unlink()
        server.stop()
        server = EmbeddedPostgres.start(small_disk)
        assert (small_disk / "reserve").stat().st_size >= 24_000_000
    finally:
        server.stop()


async def write_until_full(server: EmbeddedPostgres, disk: Path, owner: UUID) -> set[str]:
    acknowledged: set[str] = set()
    with psycopg.connect(server.admin_dsn, autocommit=True) as connection:
        connection.execute("create table private.ballast (filling text)")
    async with Postgres(server.dsn) as postgres:
        store = postgres.acting_for(owner)
        for number in range(100):
            acknowledged.add(await put(store, f"before {number}"))
        fill(disk)
        for number in range(100_000):
            try:
                acknowledged.add(await put(store, f"full {number}"))
            except (DiskFull, StoreDown):
                return acknowledged
    pytest.fail("The disk never filled up.")


def test_a_reserve_is_real_and_comes_back(small_disk: Path) -> None:
    reserve = Reserve(small_disk / "reserve", 50_000_000)
    before = shutil.disk_usage(small_disk).free
    assert reserve.keep()
    assert reserve.keep()
    assert before - shutil.disk_usage(small_disk).free >= 50_000_000
    assert reserve.release()
    assert not reserve.release()
    assert shutil.disk_usage(small_disk).free == before
    assert not Reserve(small_disk / "reserve", 90_000_000).keep()
