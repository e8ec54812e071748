"""A backup read back into an empty place: all of it or nothing. Blocking.

The whole archive is proven before anything is written. Tables come from this studio's own migrations, up to
where the archive's were; the archive brings their rows, and the rest of the migrations runs over them.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from viraltracker.errors import BadInput, MigrationRefused
from viraltracker.store import archive
from viraltracker.store.archive import Manifest, StoredFile, StoredTable
from viraltracker.store.backup import meaning_the_same
from viraltracker.store.blobs import LocalBlobs
from viraltracker.store.cluster import make_data_folder
from viraltracker.store.embedded import EmbeddedPostgres
from viraltracker.store.failures import studio_error
from viraltracker.store.migrations import migrate
from viraltracker.store.space import free_space_check, place_refused
from viraltracker.store.steps import Vendor

__all__ = ["RestoreReport", "restore"]

_WORK = "restoring"
# Rows grow by indexes and by the log that is written before them.
_ROWS_GROWTH = 6
_CLUSTER_BYTES = 200_000_000
_TABLES = """
    select n.nspname || '.' || c.relname, c.relforcerowsecurity,
           array(select a.attname::text from pg_attribute a
                 where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '')
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any (%s) and c.relkind = 'r' and c.oid <> 'private.studio_migrations'::regclass
"""
_SEQUENCES = "select schemaname || '.' || sequencename from pg_sequences where schemaname = any (%s)"


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What was read back. `missing`: files that were lost already when the backup was made."""

    made_at: datetime
    rows: int
    blobs: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    forced: bool
    columns: frozenset[str]

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(*self.name.split("."))


def restore(
    path: Path,
    folder: Path,
    sql_root: Path,
    vendors: Sequence[Vendor] = (),
    *,
    admin_dsn: str | None = None,
) -> RestoreReport:
    """Read the archive `path` back into the empty `folder`, and its rows into the database at `admin_dsn`.

    Without `admin_dsn` an embedded database is made in `folder`, and stopped again. Raises `BadInput` when
    the archive isn't whole or the place isn't empty, `MigrationRefused` when it is of a newer studio, and
    `DiskFull`; then `folder` is as empty as before.
    """
    manifest = archive.read_manifest(path)
    _require_known(manifest, sql_root, vendors)
    _require_empty(folder)
    for _, chunks in archive.entries(path):
        for _ in chunks:
            pass
    rows_bytes = sum(table.bytes for table in manifest.tables)
    free_space_check(folder, manifest.total_bytes + rows_bytes * _ROWS_GROWTH + _CLUSTER_BYTES)
    try:
        with _work_folder(folder) as work:
            if admin_dsn is None:
                server = EmbeddedPostgres.start(work)
                try:
                    _fill(path, manifest, work, server.admin_dsn, sql_root, vendors)
                finally:
                    server.stop()
            else:
                _fill(path, manifest, work, admin_dsn, sql_root, vendors)
    except OSError as error:
        raise place_refused(error, folder) from error
    rows = sum(table.rows for table in manifest.tables)
    return RestoreReport(manifest.made_at, rows, len(manifest.blobs), manifest.missing)


def _require_known(manifest: Manifest, sql_root: Path, vendors: Sequence[Vendor]) -> None:
    ours = sorted(found.stem for found in (sql_root / "migrations").glob("*.sql"))
    if list(manifest.migrations) != ours[: len(manifest.migrations)] or not manifest.migrations:
        message = (
            "This backup was made by another or a newer studio. Install that version, then restore it there."
        )
        raise MigrationRefused(message, migrations=manifest.migrations)
    known = {vendor.name: vendor.digest for vendor in vendors}
    for name, digest in manifest.vendors.items():
        if known.get(name) != digest:
            message = f"This backup has tables of another version of {name}. Restore it with its own studio."
            raise MigrationRefused(message, vendor=name)


def _require_empty(folder: Path) -> None:
    why = ""
    if folder.exists() and not folder.is_dir():
        why = "is a file"
    elif folder.exists() and any(found.name != _WORK for found in folder.iterdir()):
        why = "isn't empty"
    if why:
        message = f"{folder} {why}. A backup is restored into an empty folder; nothing was changed."
        raise BadInput(message, folder=str(folder))


@contextmanager
def _work_folder(folder: Path) -> Iterator[Path]:
    """A folder inside `folder`, whose contents move up when all went well, and vanish when not."""
    existed = folder.exists()
    work = folder / _WORK
    shutil.rmtree(work, ignore_errors=True)
    make_data_folder(folder)
    make_data_folder(work)
    try:
        yield work
        # The database last: as long as it isn't there, the folder is no studio's.
        for child in sorted(work.iterdir(), key=lambda found: found.name == "postgres"):
            child.rename(folder / child.name)
        work.rmdir()
    except BaseException:  # whatever ended it, half a studio must not stay
        shutil.rmtree(work, ignore_errors=True)
        for child in folder.iterdir():
            shutil.rmtree(child) if child.is_dir() else child.unlink()
        if not existed:
            folder.rmdir()
        raise


def _fill(
    path: Path, manifest: Manifest, work: Path, admin_dsn: str, sql_root: Path, vendors: Sequence[Vendor]
) -> None:
    try:
        with psycopg.connect(admin_dsn, autocommit=True, connect_timeout=10) as connection:
            _require_no_studio(connection)
        migrate(admin_dsn, sql_root, vendors, until=manifest.migrations[-1])
        with psycopg.connect(admin_dsn, autocommit=True, connect_timeout=10) as connection:
            meaning_the_same(connection)
            with connection.transaction():
                _load(connection, path, manifest, LocalBlobs(work))
    except psycopg.Error as error:
        raise studio_error(error) from error
    migrate(admin_dsn, sql_root, vendors)


def _require_no_studio(connection: psycopg.Connection[Any]) -> None:
    found = connection.execute("select to_regclass('private.studio_migrations') is not null").fetchone()
    if found and found[0]:
        raise BadInput("There is a studio in this database already. A backup is restored into an empty one.")


def _load(connection: psycopg.Connection[Any], path: Path, manifest: Manifest, blobs: LocalBlobs) -> None:
    """Copy rows and files in. What others refer to comes first, so that every foreign key is proven."""
    schemas = ["public", "private", *manifest.vendors]
    tables = {
        row[0]: _Table(row[0], row[1], frozenset(row[2])) for row in connection.execute(_TABLES, (schemas,))
    }
    with _open_to_rows(
        connection, [tables[stored.table] for stored in manifest.tables if stored.table in tables]
    ):
        for part, chunks in archive.entries(path):
            if isinstance(part, StoredFile):
                blobs.keep(part.sha256, chunks, part.bytes)
            else:
                _copy_in(connection, tables.get(part.table), part, chunks)
    known = {row[0] for row in connection.execute(_SEQUENCES, (schemas,))}
    for stored in manifest.sequences:
        if stored.sequence not in known:
            raise BadInput(f"The studio has no sequence {stored.sequence} for this backup.")
        connection.execute("select setval(%s::regclass, %s)", (stored.sequence, stored.value))


@contextmanager
def _open_to_rows(connection: psycopg.Connection[Any], tables: Sequence[_Table]) -> Iterator[None]:
    """Inside, tables are empty and take rows as they are: no triggers, no policies for their owner."""
    connection.execute(
        sql.SQL("truncate {}").format(sql.SQL(", ").join(table.identifier for table in tables))
    )
    for table in tables:
        connection.execute(sql.SQL("alter table {} disable trigger user").format(table.identifier))
        if table.forced:
            connection.execute(sql.SQL("alter table {} no force row level security").format(table.identifier))
    yield
    for table in tables:
        connection.execute(sql.SQL("alter table {} enable trigger user").format(table.identifier))
        if table.forced:
            connection.execute(sql.SQL("alter table {} force row level security").format(table.identifier))


def _copy_in(
    connection: psycopg.Connection[Any], table: _Table | None, part: StoredTable, chunks: Iterator[bytes]
) -> None:
    if table is None or not table.columns.issuperset(part.columns):
        raise BadInput(
            f"This backup holds rows of {part.table} that the studio has no place for. Nothing was changed."
        )
    command = sql.SQL("copy {} ({}) from stdin").format(
        table.identifier, sql.SQL(", ").join(map(sql.Identifier, part.columns))
    )
    with connection.cursor() as cursor:
        with cursor.copy(command) as copying:
            for chunk in chunks:
                copying.write(chunk)
        if cursor.rowcount != part.rows:
            raise BadInput(f"This backup lists {part.rows} rows of {part.table} and holds {cursor.rowcount}.")
