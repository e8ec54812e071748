"""check and gc: what is lost is named, what is used is never swept."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from viraltracker.errors import Conflict
from viraltracker.store import Actor, LocalBlobs, Postgres, check, gc

DAY_S = 86400.0


@pytest.fixture
def studio(postgres: Postgres) -> Actor:
    """The database under the studio's own login."""
    return postgres.acting_as_studio()


@pytest.fixture
def blobs(tmp_path: Path) -> LocalBlobs:
    """An empty place for files."""
    return LocalBlobs(tmp_path)


@pytest.fixture
def catalogue(admin_url: str) -> Iterator[psycopg.Connection]:
    """The database as its owner sees it, with a table of references that came later."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("create table pictures (owner uuid, cover_sha256 text, back_sha256 text)")
        connection.execute(
            "alter table pictures add foreign key (owner, cover_sha256) references blobs (owner, sha256)"
        )
        yield connection


async def keep(store: Actor, blobs: LocalBlobs, payload: bytes) -> str:
    sha256 = await blobs.put(payload)
    await store.call("studio_blob_put_v1", sha256=sha256, bytes=len(payload), media_type="audio/wav")
    return sha256


def refer(catalogue: psycopg.Connection, cover: str | None, back: str | None = None) -> None:
    catalogue.execute(
        "insert into pictures select (select min(owner::text)::uuid from blobs), %s, %s", (cover, back)
    )


def age(blobs: LocalBlobs, catalogue: psycopg.Connection, days: float, *hashes: str) -> None:
    then_s = time.time() - days * DAY_S
    for sha256 in hashes:
        os.utime(blobs.place(sha256), (then_s, then_s))
        past = "update blobs set created_at = now() - make_interval(secs => %s) where sha256 = %s"
        catalogue.execute(past, (days * DAY_S, sha256))


async def test_a_whole_store_is_ok(
    store: Actor, studio: Actor, blobs: LocalBlobs, catalogue: psycopg.Connection
) -> None:
    assert (await check(studio, blobs)).as_json() == {
        "ok": True,
        "blobs": 0,
        "bytes": 0,
        "losses": (),
        "unknown": (),
        "unused": 0,
    }
    used = await keep(store, blobs, b"used")
    await keep(store, blobs, b"unused")
    unknown = await blobs.put(b"unknown")
    refer(catalogue, used)
    report = await check(studio, blobs)
    assert (report.ok, report.blobs, report.bytes, report.unused) == (True, 2, 10, 1)
    assert report.unknown == (unknown,)
    assert json.loads(json.dumps(report.as_json()))["unknown"] == [unknown]


async def test_every_loss_is_named_with_what_it_affects(
    store: Actor, studio: Actor, blobs: LocalBlobs, catalogue: psycopg.Connection
) -> None:
    missing = await keep(store, blobs, b"missing")
    changed = await keep(store, blobs, b"changed")
    refer(catalogue, missing, back=changed)
    refer(catalogue, missing, back="f" * 64)
    blobs.place(missing).unlink()
    blobs.place(changed).write_bytes(b"chAnged")
    report = await check(studio, blobs)
    assert not report.ok
    assert {loss.sha256: (loss.what, dict(loss.used_in)) for loss in report.losses} == {
        missing: ("missing", {"pictures.cover_sha256": 2}),
        changed: ("changed", {"pictures.back_sha256": 1}),
        "f" * 64: ("missing", {"pictures.back_sha256": 1}),
    }


async def test_a_sweep_takes_only_what_is_old_and_unused(
    store: Actor, studio: Actor, blobs: LocalBlobs, catalogue: psycopg.Connection
) -> None:
    used = await keep(store, blobs, b"used")
    unused = await keep(store, blobs, b"unused")
    young = await keep(store, blobs, b"young")
    unknown, fresh = await blobs.put(b"unknown"), await blobs.put(b"fresh")
    refer(catalogue, used)
    age(blobs, catalogue, 8, used, unused, unknown)
    age(blobs, catalogue, 6, young)

    dry = await gc(studio, blobs)
    assert dry.dry_run
    assert dry.trashed == tuple(sorted((unused, unknown)))
    assert dry.trashed_bytes == len(b"unused") + len(b"unknown")
    assert len(list(blobs.stored())) == 5

    done = await gc(studio, blobs, dry_run=False)
    assert done.trashed == dry.trashed
    assert {path.name for path in blobs.stored()} == {used, young, fresh}
    assert {path.name for path in blobs.trash.glob("*/*")} == {unused, unknown}
    assert (await check(studio, blobs)).ok
    assert (await gc(studio, blobs, dry_run=False)).trashed == ()


async def test_what_is_used_by_one_owner_stays_when_another_forgets_it(
    store: Actor, other_store: Actor, studio: Actor, blobs: LocalBlobs, catalogue: psycopg.Connection
) -> None:
    shared = await keep(store, blobs, b"shared")
    refer(catalogue, shared)
    await keep(other_store, blobs, b"shared")
    age(blobs, catalogue, 8, shared)
    assert (await gc(studio, blobs, dry_run=False)).trashed == ()
    assert catalogue.execute("select count(*) from blobs").fetchone() == (1,)
    assert await blobs.get(shared) == b"shared"


async def test_the_trash_is_kept_for_30_days_and_gives_back_what_is_used_again(
    store: Actor, studio: Actor, blobs: LocalBlobs, catalogue: psycopg.Connection
) -> None:
    old, wanted = await blobs.put(b"old"), await blobs.put(b"wanted")
    age(blobs, catalogue, 8, old, wanted)
    await gc(studio, blobs, dry_run=False)
    in_trash = {path.name: path for path in blobs.trash.glob("*/*")}
    assert in_trash.keys() == {old, wanted}
    for path, days in ((in_trash[old], 31), (in_trash[wanted], 31)):
        os.utime(path, (time.time() - days * DAY_S,) * 2)
    await store.call("studio_blob_put_v1", sha256=wanted, bytes=6, media_type="audio/wav")
    report = await gc(studio, blobs, dry_run=False)
    assert (report.purged, report.restored) == ((old,), (wanted,))
    assert await blobs.get(wanted) == b"wanted"
    assert list(blobs.trash.glob("*/*")) == []


async def test_a_file_put_again_while_it_is_being_swept_comes_back(
    blobs: LocalBlobs, studio: Actor, catalogue: psycopg.Connection, store: Actor
) -> None:
    again = await keep(store, blobs, b"again")
    age(blobs, catalogue, 8, again)
    await keep(store, blobs, b"again")
    assert (await gc(studio, blobs, dry_run=False)).trashed == ()
    assert await blobs.get(again) == b"again"


async def test_a_sweep_gives_way_to_what_is_being_saved(
    store: Actor, studio: Actor, blobs: LocalBlobs, catalogue: psycopg.Connection, admin_url: str
) -> None:
    sha256 = await keep(store, blobs, b"just now")
    age(blobs, catalogue, 8, sha256)
    with psycopg.connect(admin_url) as saving:
        saving.execute("select pg_advisory_xact_lock(hashtextextended('viraltracker/blob_sweep', 0))")
        with pytest.raises(Conflict, match="Another sweep"):
            await gc(studio, blobs, dry_run=False)
        assert (await gc(studio, blobs)).trashed == (sha256,)
    assert (await gc(studio, blobs, dry_run=False)).trashed == (sha256,)
