"""A backup: all rows at one moment, and all files they know, in one archive. Blocking; the studio may go on.

Rows are copied out by COPY within one snapshot, so that any Postgres will do and no version of `pg_dump` has
to fit. Files are copied afterwards: they never change, and those the snapshot knows are not swept for days.
"""

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, BinaryIO

import psycopg
from psycopg import sql

from viraltracker.errors import BadInput, StoreError
from viraltracker.store import archive
from viraltracker.store.archive import Manifest, StoredFile, StoredSequence, StoredTable
from viraltracker.store.blobs import LocalBlobs, hash_of_file
from viraltracker.store.failures import studio_error
from viraltracker.store.space import free_space_check, place_refused

__all__ = ["BackupReport", "backup", "meaning_the_same"]

_RECORDED = "select kind, name, sha256 from private.studio_migrations where kind <> 'function' order by name"
_TABLES = """
    select n.nspname || '.' || c.relname,
           array(select a.attname::text from pg_attribute a
                 where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                 order by a.attnum),
           array(select distinct rn.nspname || '.' || r.relname from pg_constraint k
                 join pg_class r on r.oid = k.confrelid join pg_namespace rn on rn.oid = r.relnamespace
                 where k.conrelid = c.oid and k.contype = 'f' and r.oid <> c.oid)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any (%s) and c.relkind = 'r'
      and c.oid <> 'private.studio_migrations'::regclass
    order by 1
"""
_SEQUENCES = """
    select schemaname || '.' || sequencename, last_value from pg_sequences
    where schemaname = any (%s) and last_value is not null order by 1
"""
_FILES = "select sha256, max(bytes) from blobs group by sha256 order by sha256"


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What was written. `missing`: files that rows know and that are missing or changed; see `check`."""

    path: Path
    bytes: int
    rows: int
    blobs: int
    missing: tuple[str, ...]


def backup(admin_dsn: str, folder: Path, out: Path) -> BackupReport:
    """Write everything of the studio in `folder`, whose database is at `admin_dsn`, to the archive `out`.

    Raises `BadInput` when there is a file at `out` already, `DiskFull`, `StoreDown`; then `out` is not there.
    """
    if out.exists():
        raise BadInput(f"There is a file at {out} already. Choose another name; nothing was changed.")
    if not out.parent.is_dir():
        raise BadInput(f"There is no folder {out.parent}. Make it first; nothing was changed.")
    partial = out.with_name(f".{out.name}.partial")
    try:
        with ExitStack() as open_files:
            blobs = LocalBlobs(folder)
            manifest, rows = _collect(admin_dsn, blobs, out.parent, open_files)
            free_space_check(out.parent, manifest.total_bytes)
            _write(partial, manifest, rows, blobs)
        partial.replace(out)
    except OSError as error:
        raise place_refused(error, out) from error
    finally:
        with suppress(OSError):
            partial.unlink()
    count = sum(table.rows for table in manifest.tables)
    return BackupReport(out, out.stat().st_size, count, len(manifest.blobs), manifest.missing)


def meaning_the_same(connection: psycopg.Connection[Any]) -> None:
    """Set up a connection so that values mean the same wherever and whenever they are read back."""
    connection.execute("set client_encoding = 'UTF8'")
    connection.execute("set datestyle = 'ISO'")
    connection.execute("set intervalstyle = 'postgres'")
    connection.execute("set timezone = 'UTC'")
    connection.execute("set bytea_output = 'hex'")


def _collect(
    admin_dsn: str, blobs: LocalBlobs, scratch: Path, open_files: ExitStack
) -> tuple[Manifest, list[BinaryIO]]:
    """The manifest, and the tables' rows in scratch files that are gone when closed."""
    tables: list[StoredTable] = []
    sources: list[BinaryIO] = []
    try:
        with psycopg.connect(admin_dsn, autocommit=True, connect_timeout=10) as connection:
            meaning_the_same(connection)
            connection.execute("begin isolation level repeatable read read only")
            recorded = connection.execute(_RECORDED).fetchall()
            vendors = {name: digest for kind, name, digest in recorded if kind == "vendor"}
            schemas = ["public", "private", *vendors]
            found = {row[0]: row[1:] for row in connection.execute(_TABLES, (schemas,))}
            # What others refer to comes first, so that a restore can prove every foreign key row by row.
            for name in TopologicalSorter({name: needs for name, (_, needs) in found.items()}).static_order():
                source: BinaryIO = open_files.enter_context(_scratch_file(scratch))
                tables.append(_copy_out(connection, name, found[name][0], source))
                sources.append(source)
            sequences = connection.execute(_SEQUENCES, (schemas,)).fetchall()
            files = connection.execute(_FILES).fetchall()
    except psycopg.errors.UndefinedTable as error:
        raise StoreError("This database holds no studio. Run `viraltracker migrate` first.") from error
    except psycopg.Error as error:
        raise studio_error(error) from error
    whole = [StoredFile(sha256=name, bytes=size) for name, size in files if _is_whole(blobs, name, size)]
    manifest = Manifest(
        made_at=datetime.now(UTC),
        migrations=tuple(name for kind, name, _ in recorded if kind == "migration"),
        vendors=vendors,
        tables=tuple(tables),
        sequences=tuple(StoredSequence(sequence=name, value=value) for name, value in sequences),
        blobs=tuple(whole),
        missing=tuple(sorted({name for name, _ in files} - {file.sha256 for file in whole})),
    )
    return manifest, sources


@contextmanager
def _scratch_file(folder: Path) -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile(dir=folder) as file:
        yield file


def _copy_out(
    connection: psycopg.Connection[Any], name: str, columns: list[str], target: BinaryIO
) -> StoredTable:
    digest = hashlib.sha256()
    size_bytes = rows = 0
    command = sql.SQL("copy {} ({}) to stdout").format(
        sql.Identifier(*name.split(".")), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(command) as copying:
        for chunk in copying:
            target.write(chunk)
            digest.update(chunk)
            size_bytes += len(chunk)
            rows += bytes(chunk).count(b"\n")
    target.seek(0)
    return StoredTable(
        table=name, columns=tuple(columns), rows=rows, bytes=size_bytes, sha256=digest.hexdigest()
    )


def _is_whole(blobs: LocalBlobs, name: str, size_bytes: int) -> bool:
    with suppress(FileNotFoundError):
        place = blobs.place(name)
        return place.stat().st_size == size_bytes and hash_of_file(place) == name
    return False


def _write(path: Path, manifest: Manifest, rows: list[BinaryIO], blobs: LocalBlobs) -> None:
    when_s = manifest.made_at.timestamp()
    text = manifest.model_dump_json(indent=1).encode()
    with path.open("xb") as file:
        path.chmod(0o600)  # scripts and voices are in it
        with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            archive.append(tar, archive.MANIFEST_NAME, len(text), io.BytesIO(text), when_s)
            for table, source in zip(manifest.tables, rows, strict=True):
                archive.append(tar, table.entry, table.bytes, source, when_s)
            for stored in manifest.blobs:
                with blobs.open(stored.sha256) as source:
                    archive.append(tar, stored.entry, stored.bytes, source, when_s)
        os.fsync(file.fileno())
