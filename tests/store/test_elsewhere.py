"""Any other Postgres: an older one, where the studio's login owns the tables and is no superuser."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.postgres import SQL_ROOT, short_folder, vendors
from viraltracker.errors import Denied
from viraltracker.store import LocalBlobs, Postgres, backup, check, gc, migrate, pending
from viraltracker.store.account import system_account
from viraltracker.store.cluster import wheel_programs

SHA = "d" * 64


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """A Postgres 16 with a database that belongs to an ordinary role which may create roles; its address."""
    programs = wheel_programs().parent.parent / "pginstall" / "bin"
    account = system_account()
    folder = short_folder()
    if account:
        os.chown(folder, account.uid, account.gid)

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", str(folder / "data"), *arguments]
        done = subprocess.run(
            command,
            user=account.uid if account else None,
            group=account.gid if account else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            check=False,
        )
        assert done.returncode == 0, program

    run("initdb", "--auth=trust", "--username=boss", "--encoding=UTF8", "--no-sync")
    run("pg_ctl", "-w", "-o", f"-c listen_addresses= -c fsync=off -k {folder}", "start")
    try:
        with psycopg.connect(host=str(folder), user="boss", dbname="postgres", autocommit=True) as connection:
            connection.execute("create role producer login createrole")
            connection.execute("create database studio owner producer")
        yield f"postgresql://producer@/studio?host={folder}"
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


async def test_the_studio_lives_there_too(elsewhere: str, tmp_path: Path) -> None:
    assert migrate(elsewhere, SQL_ROOT, vendors()).applied
    assert pending(elsewhere, SQL_ROOT, vendors()) == ()
    owner, blobs = uuid4(), LocalBlobs(tmp_path / "data")
    async with Postgres(elsewhere) as postgres:
        store, studio = postgres.acting_for(owner), postgres.acting_as_studio()
        sha256 = await blobs.put(b"audio")
        await store.call("studio_blob_put_v1", sha256=sha256, bytes=5, media_type="audio/wav")
        with psycopg.connect(elsewhere) as connection:
            forced = "select relrowsecurity and relforcerowsecurity from pg_class where relname = 'blobs'"
            assert connection.execute(forced).fetchone() == (True,)
            connection.execute("set role authenticated")
            assert connection.execute("select count(*) from blobs").fetchone() == (0,)

        assert (await check(studio, blobs)).blobs == 1
        assert (await gc(studio, blobs, dry_run=False)).trashed == ()
        with pytest.raises(Denied):
            await store.call("private.blob_census_v1")
        made = backup(elsewhere, tmp_path / "data", tmp_path / "studio.tar")
        assert made.blobs == 1

        # Without its policy upkeep would see no rows, and take every file for unused: it refuses instead.
        with psycopg.connect(elsewhere, autocommit=True) as connection:
            connection.execute("update blobs set created_at = now() - interval '1 year'")
            connection.execute("drop policy studio_upkeep on sessions")
        with pytest.raises(Denied, match="can't see all rows of sessions"):
            await gc(studio, blobs, dry_run=False)
