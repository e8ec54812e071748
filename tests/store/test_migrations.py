"""Migrations: in order, once, together, and never over something unknown."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.postgres import SQL_ROOT, vendors
from viraltracker.errors import MigrationRefused, StoreDown
from viraltracker.store import Vendor, migrate, pending

VENDORS = vendors()


@pytest.fixture
def sql_root(tmp_path: Path) -> Path:
    """A copy of the studio's SQL that a test may change."""
    return Path(shutil.copytree(SQL_ROOT, tmp_path / "sql"))


def test_everything_is_run_once_and_said(empty_url: str) -> None:
    due = pending(empty_url, SQL_ROOT, VENDORS)
    assert due[:2] == (f"vendor procrastinate {VENDORS[0].version}", "0001_foundation")
    assert migrate(empty_url, SQL_ROOT, VENDORS).applied == due
    assert pending(empty_url, SQL_ROOT, VENDORS) == ()
    assert migrate(empty_url, SQL_ROOT, VENDORS).applied == ()


def test_two_processes_may_migrate_at_once(empty_url: str) -> None:
    with ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(lambda _: migrate(empty_url, SQL_ROOT, VENDORS), range(3)))
    assert sorted(len(report.applied) > 0 for report in reports) == [False, False, True]


def test_a_changed_migration_is_refused_by_name(admin_url: str, sql_root: Path) -> None:
    changed = sql_root / "migrations" / "0001_foundation.sql"
    changed.write_text(changed.read_text() + "-- a word more\n")
    with pytest.raises(MigrationRefused, match="0001_foundation was run in this database with another text"):
        migrate(admin_url, sql_root, VENDORS)


def test_a_newer_database_is_refused(admin_url: str, sql_root: Path) -> None:
    shutil.copy(sql_root / "migrations" / "0001_foundation.sql", sql_root / "migrations" / "0000_other.sql")
    (sql_root / "migrations" / "0001_foundation.sql").unlink()
    with pytest.raises(MigrationRefused, match="newer than this studio: it has 0001_foundation"):
        pending(admin_url, sql_root, VENDORS)


def test_another_version_of_a_vendor_is_refused(admin_url: str) -> None:
    with pytest.raises(MigrationRefused, match="vendor procrastinate 99"):
        migrate(admin_url, SQL_ROOT, [Vendor("procrastinate", "99", "select 1")])


def test_a_broken_migration_leaves_what_came_before_it(admin_url: str, sql_root: Path) -> None:
    migrations = sql_root / "migrations"
    (migrations / "9001_good.sql").write_text("create table private.good (a int)")
    (migrations / "9002_bad.sql").write_text("create table private.bad (a int); select 1/0")
    (sql_root / "functions" / "zz_new.sql").write_text(
        "create function private.new_v1() returns int return 1"
    )
    with pytest.raises(MigrationRefused, match="9002_bad was refused by the database: division by zero"):
        migrate(admin_url, sql_root, VENDORS)
    with psycopg.connect(admin_url) as connection:
        found = connection.execute(
            "select to_regclass('private.good'), to_regclass('private.bad')"
        ).fetchone()
    assert found == ("private.good", None)
    assert pending(admin_url, sql_root, VENDORS) == ("9002_bad", "functions/zz_new")


def test_functions_run_again_when_their_text_changes(admin_url: str, sql_root: Path) -> None:
    functions = sql_root / "functions"
    (functions / "aa_first.sql").write_text(
        "create or replace function private.first_v1() returns int language sql return 1"
    )
    assert migrate(admin_url, sql_root, VENDORS).applied == ("functions/aa_first",)
    (functions / "aa_first.sql").write_text(
        "create or replace function private.first_v1() returns int language sql return 2"
    )
    assert migrate(admin_url, sql_root, VENDORS).applied == ("functions/aa_first",)
    with psycopg.connect(admin_url) as connection:
        assert connection.execute("select private.first_v1()").fetchone() == (2,)


def test_functions_are_all_or_none(admin_url: str, sql_root: Path) -> None:
    functions = sql_root / "functions"
    (functions / "aa_first.sql").write_text("create function private.first_v1() returns int return 1")
    (functions / "ab_second.sql").write_text("create function broken")
    with pytest.raises(MigrationRefused, match="functions/ab_second was refused"):
        migrate(admin_url, sql_root, VENDORS)
    with psycopg.connect(admin_url) as connection:
        assert connection.execute("select to_regproc('private.first_v1')").fetchone() == (None,)


def test_a_file_that_is_no_migration_is_refused(admin_url: str, sql_root: Path) -> None:
    (sql_root / "migrations" / "later.sql").write_text("select 1")
    with pytest.raises(MigrationRefused, match=r"later\.sql is no migration's name"):
        migrate(admin_url, sql_root, VENDORS)


def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreDown):
        migrate(f"postgresql:///studio?host={tmp_path}", SQL_ROOT)


@pytest.mark.parametrize("native", [True, False])
def test_ids_grow_with_time(empty_url: str, sql_root: Path, native: bool) -> None:
    foundation = sql_root / "migrations" / "0001_foundation.sql"
    if not native:  # as on Postgres 15 to 17
        foundation.write_text(foundation.read_text().replace("pg_catalog.uuidv7()", "pg_catalog.no_uuidv7()"))
    migrate(empty_url, sql_root, VENDORS)
    with psycopg.connect(empty_url) as connection:
        made = "select private.uuid7(), pg_sleep(0.000002) from generate_series(1, 200)"
        ids = [row[0] for row in connection.execute(made)]
        now = connection.execute("select extract(epoch from now())").fetchone()
    assert ids == sorted(set(ids))
    assert {found.version for found in ids} == {7}
    assert now is not None
    assert abs((ids[0].int >> 80) / 1000 - float(now[0])) < 60


def test_an_answer_that_two_adopted_long_ago_belongs_to_the_first(empty_url: str) -> None:
    migrate(empty_url, SQL_ROOT, VENDORS, until="0005_~")
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(
            "insert into blobs (owner, sha256, bytes, media_type) "
            "values (gen_random_uuid(), repeat('a', 64), 1, 'audio/mpeg')"
        )
        for key, done_at in (("b", "2026-01-02"), ("c", "2026-01-01"), ("d", None)):
            connection.execute(
                "insert into generations (owner, key, status, engine, voice, characters, intent_at, "
                "intent_until, payload_sha256, request_id, done_at) "
                "select owner, repeat(%s, 64), 'done', 'elevenlabs', 'v', 1, now(), now(), sha256, %s, %s "
                "from blobs",
                (key, "req1" if done_at else None, done_at),
            )
        migrate(empty_url, SQL_ROOT, VENDORS)
        kept = connection.execute("select request_id, left(key, 1) from provider_answers").fetchall()
    assert kept == [("req1", "c")]
