"""Backup and restore: the same rows and files on an empty machine; a hostile archive changes nothing."""

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tests.postgres import SQL_ROOT, vendors
from viraltracker.errors import BadInput, MigrationRefused
from viraltracker.store import EmbeddedPostgres, LocalBlobs, Seat, backup, check, migrate, restore
from viraltracker.store import Postgres as Transport

AUDIO = b"not really audio" * 5000
ODD = "tab\tnewline\nbackslash\\ null \\N quote' ж 🎙"

EVERYTHING = sql.SQL("select t::text from {} t order by 1")
TABLES = """
    select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'private', 'procrastinate') and c.relkind = 'r'
      and c.relname <> 'studio_migrations' order by 1
"""


def contents(admin_dsn: str) -> dict[str, list[Any]]:
    with psycopg.connect(admin_dsn) as connection:
        connection.execute("set timezone = 'UTC'")
        names = [row[0] for row in connection.execute(TABLES)]
        return {
            name: [row[0] for row in connection.execute(EVERYTHING.format(sql.Identifier(*name.split("."))))]
            for name in names
        }


def closed(folder: Path) -> Path:
    """The folder, as a careful root makes it."""
    folder.chmod(0o700)
    return folder


@pytest.fixture(scope="module")
def lived_in(postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A studio with rows in related tables, a job, and files: its database and its data folder."""
    maintenance = postgres_server.admin_dsn.replace("/studio?", "/postgres?")
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute("create database lived_in template studio strategy file_copy")
    admin_url = postgres_server.admin_dsn.replace("/studio?", "/lived_in?")
    folder = tmp_path_factory.mktemp("lived_in") / "data"
    blobs = LocalBlobs(folder)
    owner = uuid4()
    claims = Seat(owner, owner).claims
    job = json.dumps({"owner": str(owner), "take_id": str(uuid4())})
    with psycopg.connect(admin_url) as connection:
        connection.execute("select set_config('request.jwt.claims', %s, false)", (claims,))
        for payload in (AUDIO, b"", b"other"):
            sha256 = hashlib.sha256(payload).hexdigest()
            blobs.keep(sha256, [payload], len(payload))
            connection.execute("select studio_blob_put_v1(%s, %s, 'audio/wav')", (sha256, len(payload)))
        make = "insert into sessions (title, project) values (%s, 'p') returning id"
        session = connection.execute(make, (ODD,)).fetchone()
        assert session is not None
        write = "insert into script_versions (session_id, number, els) values (%s, 1, %s)"
        connection.execute(write, (session[0], ODD))
        connection.execute("select private.job_enqueue_v1('take.make', 'cpu', %s)", (job,))
    return admin_url, folder


async def test_everything_comes_back_on_an_empty_machine(
    lived_in: tuple[str, Path], data_folder: Path, tmp_path: Path
) -> None:
    url, folder = lived_in
    made = backup(url, folder, tmp_path / "studio.tar")
    assert made.blobs == 3
    assert made.missing == ()
    assert made.bytes == made.path.stat().st_size
    assert made.path.stat().st_mode & 0o777 == 0o600

    report = restore(made.path, closed(data_folder), SQL_ROOT, vendors())
    assert (report.rows, report.blobs, report.missing) == (made.rows, 3, ())
    server = EmbeddedPostgres.start(data_folder)
    try:
        assert contents(server.admin_dsn) == contents(url)
        assert sum(len(rows) for rows in contents(url).values()) == made.rows >= 7
        assert migrate(server.admin_dsn, SQL_ROOT, vendors()).applied == ()
        async with Transport(server.dsn) as transport:
            assert (await check(transport.acting_as_studio(), LocalBlobs(data_folder))).ok
        with psycopg.connect(server.admin_dsn) as connection:
            # Policies and triggers are as they were, and numbers go on where they stood.
            assert connection.execute(
                "select bool_and(relforcerowsecurity) from pg_class where relname in ('blobs', 'sessions')"
            ).fetchone() == (True,)
            assert connection.execute(
                "select count(*) from pg_trigger where tgenabled <> 'O'"
            ).fetchone() == (0,)
            following = "select nextval('procrastinate.procrastinate_jobs_id_seq')"
            assert connection.execute(following).fetchone() == (2,)
    finally:
        server.stop()
    assert {path.name for path in LocalBlobs(data_folder).stored()} == {
        path.name for path in LocalBlobs(folder).stored()
    }


def test_rows_go_to_a_database_elsewhere(lived_in: tuple[str, Path], empty_url: str, tmp_path: Path) -> None:
    url, folder = lived_in
    made = backup(url, folder, tmp_path / "studio.tar")
    restore(made.path, tmp_path / "new", SQL_ROOT, vendors(), admin_dsn=empty_url)
    assert contents(empty_url) == contents(url)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["blobs"]


def test_a_backup_of_an_earlier_release_is_migrated(
    lived_in: tuple[str, Path], data_folder: Path, tmp_path: Path
) -> None:
    url, folder = lived_in
    made = backup(url, folder, tmp_path / "studio.tar")
    later = Path(shutil.copytree(SQL_ROOT, tmp_path / "sql"))
    (later / "migrations" / "9001_more.sql").write_text(
        "alter table sessions add column mood text default 'fine'"
    )
    restore(made.path, data_folder, later, vendors())
    server = EmbeddedPostgres.start(data_folder)
    try:
        with psycopg.connect(server.admin_dsn) as connection:
            assert connection.execute("select title, mood from sessions").fetchone() == (ODD, "fine")
    finally:
        server.stop()


def test_a_backup_of_a_later_release_is_refused(admin_url: str, data_folder: Path, tmp_path: Path) -> None:
    url, folder = admin_url, tmp_path / "data"
    later = Path(shutil.copytree(SQL_ROOT, tmp_path / "sql"))
    (later / "migrations" / "9001_more.sql").write_text("select 1")
    migrate(url, later, vendors())
    made = backup(url, folder, tmp_path / "studio.tar")
    with pytest.raises(MigrationRefused, match="newer studio"):
        restore(made.path, data_folder, SQL_ROOT, vendors())
    with pytest.raises(MigrationRefused, match="another version of procrastinate"):
        restore(made.path, data_folder, later)
    assert list(data_folder.iterdir()) == []


def test_what_is_lost_is_said_and_the_rest_is_saved(lived_in: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = lived_in[0], tmp_path / "data"
    shutil.copytree(lived_in[1], folder)
    sha256 = hashlib.sha256(AUDIO).hexdigest()
    LocalBlobs(folder).path(sha256).write_bytes(AUDIO[:-1] + b"!")
    made = backup(url, folder, tmp_path / "studio.tar")
    assert (made.blobs, made.missing) == (2, (sha256,))


def test_a_backup_overwrites_nothing(lived_in: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = lived_in
    out = tmp_path / "studio.tar"
    out.write_text("precious")
    with pytest.raises(BadInput, match="already"):
        backup(url, folder, out)
    assert out.read_text() == "precious"
    with pytest.raises(BadInput, match="no folder"):
        backup(url, folder, tmp_path / "nowhere" / "studio.tar")


def test_a_restore_wants_an_empty_place(
    lived_in: tuple[str, Path], tmp_path: Path, data_folder: Path
) -> None:
    url, folder = lived_in
    made = backup(url, folder, tmp_path / "studio.tar")
    with pytest.raises(BadInput, match="isn't empty"):
        restore(made.path, folder, SQL_ROOT, vendors())
    with pytest.raises(BadInput, match="is a file"):
        restore(made.path, made.path, SQL_ROOT, vendors())
    with pytest.raises(BadInput, match="a studio in this database already"):
        restore(made.path, data_folder, SQL_ROOT, vendors(), admin_dsn=url)
    with pytest.raises(BadInput, match="no backup to read"):
        restore(tmp_path / "nothing.tar", data_folder, SQL_ROOT, vendors())
    assert list(data_folder.iterdir()) == []


Change = Callable[[list[tuple[tarfile.TarInfo, bytes]]], object]


def rename(entries: list[tuple[tarfile.TarInfo, bytes]], name: str) -> None:
    entries[1][0].name = name


def retype(entries: list[tuple[tarfile.TarInfo, bytes]], kind: bytes) -> None:
    header = entries[-1][0]
    header.type, header.linkname, header.size = kind, "/etc/passwd", 0
    entries[-1] = (header, b"")


def relist(entries: list[tuple[tarfile.TarInfo, bytes]], **changes: object) -> None:
    header, text = entries[0]
    changed = json.dumps({**json.loads(text), **changes}).encode()
    header.size = len(changed)
    entries[0] = (header, changed)


def flip(entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    header, payload = max(entries, key=lambda entry: entry[0].size)
    entries[entries.index((header, payload))] = (header, payload[:-1] + b"?")


def smuggle(entries: list[tuple[tarfile.TarInfo, bytes]], table: str, columns: list[str]) -> None:
    listed = json.loads(entries[0][1])["tables"]
    listed[0] = {**listed[0], "table": table, "columns": columns}
    relist(entries, tables=listed)
    entries[1][0].name = f"rows/{table}.copy"


def more(entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    header = tarfile.TarInfo("rows/public.more.copy")
    entries.append((header, b""))


HOSTILE: dict[str, Change] = {
    "a path upwards": lambda entries: rename(entries, "../../etc/cron.d/x"),
    "an absolute path": lambda entries: rename(entries, "/etc/cron.d/x"),
    "another name": lambda entries: rename(entries, "rows/public.other.copy"),
    "a symbolic link": lambda entries: retype(entries, tarfile.SYMTYPE),
    "a hard link": lambda entries: retype(entries, tarfile.LNKTYPE),
    "a device": lambda entries: retype(entries, tarfile.CHRTYPE),
    "a folder": lambda entries: retype(entries, tarfile.DIRTYPE),
    "a sparse file": lambda entries: retype(entries, tarfile.GNUTYPE_SPARSE),
    "a changed byte": flip,
    "one entry more": more,
    "one entry less": lambda entries: entries.pop(),
    "another order": lambda entries: entries.insert(1, entries.pop()),
    "no list": lambda entries: entries.pop(0),
    "an unknown version": lambda entries: relist(entries, version=2),
    "an unknown field": lambda entries: relist(entries, run="rm -rf /"),
    "a table of Postgres's own": lambda entries: smuggle(entries, "pg_catalog.pg_authid", ["rolname"]),
    "the migrations' own table": lambda entries: smuggle(entries, "private.studio_migrations", ["name"]),
    "a column that is SQL": lambda entries: smuggle(entries, "public.blobs", ["a) from program 'id' --"]),
    "a column too many": lambda entries: smuggle(entries, "public.blobs", ["owner", "nonsense"]),
    "an unknown sequence": lambda entries: relist(entries, sequences=[{"sequence": "public.x", "value": 1}]),
    "a migration's name that is a path": lambda entries: relist(entries, migrations=["../0001_foundation"]),
}


@pytest.fixture(scope="module")
def good(lived_in: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole archive."""
    return backup(*lived_in, tmp_path_factory.mktemp("good") / "good.tar").path


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_archive_changes_nothing(
    good: Path, data_folder: Path, tmp_path: Path, change: Change
) -> None:
    with tarfile.open(good) as tar:
        entries = [(member, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]
    change(entries)
    hostile = tmp_path / "hostile.tar"
    with tarfile.open(hostile, "w", format=tarfile.USTAR_FORMAT) as tar:
        for header, payload in entries:
            tar.addfile(header, io.BytesIO(payload))
    with pytest.raises(BadInput):
        restore(hostile, data_folder / "new", SQL_ROOT, vendors())
    assert list(data_folder.iterdir()) == []


@pytest.mark.parametrize(
    "mangle",
    [
        lambda good: b"",
        lambda good: good[:100],
        lambda good: good[: len(good) // 2],
        lambda good: good[:512] + b"\xff" * 512 + good[1024:],
        lambda good: b"\x1f\x8b\x08" + good,
        lambda good: good[:124] + b"77777777777\0" + good[136:],
    ],
    ids=["empty", "a part of a header", "half", "a mangled list", "compressed", "a size beyond everything"],
)
def test_a_broken_archive_changes_nothing(
    good: Path, data_folder: Path, tmp_path: Path, mangle: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "broken.tar").write_bytes(mangle(good.read_bytes()))
    with pytest.raises(BadInput, match="no whole backup"):
        restore(tmp_path / "broken.tar", data_folder, SQL_ROOT, vendors())
    assert list(data_folder.iterdir()) == []
