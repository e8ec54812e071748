"""Bring a database to what this studio needs, from plain SQL files. Safe to run twice, and in two processes
at once.

`sql/migrations/NNNN_name.sql` run in order, each once, each in a transaction of its own;
`sql/functions/*.sql` run again whenever their text changed, all in one transaction; a vendor's schema runs
once, in a schema of its own, before them. What was run is written down in `private.studio_migrations` with
its hash. Knows no function by name.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from viraltracker.errors import MigrationRefused
from viraltracker.store.failures import studio_error
from viraltracker.store.steps import LEDGER, Step, Vendor, after_all, steps_of

__all__ = ["MigrationReport", "migrate", "pending"]

_LOCK_KEY = 0x7669_7261_6C00  # "viral": any number that nobody else takes for an advisory lock


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """What was run, in order: "vendor procrastinate 3.10.0", "0001_foundation", "functions/a_fail"."""

    applied: tuple[str, ...]


def migrate(
    admin_dsn: str, sql_root: Path, vendors: Sequence[Vendor] = (), *, until: str | None = None
) -> MigrationReport:
    """Run what is missing and say what was run. `admin_dsn` may create roles and schemas. Blocks.

    With `until`, the tables as they were after that migration, without functions: for rows of that time.
    Raises `MigrationRefused` when the database is newer than this studio, when a file that was run has
    changed, or when Postgres refuses one; every earlier file is then in, the refused one is not. Raises
    `StoreDown`.
    """
    steps = [step for step in steps_of(sql_root, vendors) if until is None or _is_of(step, until)]
    with _connected(admin_dsn) as connection:
        connection.execute("select pg_advisory_lock(%s)", (_LOCK_KEY,))
        connection.execute(LEDGER.encode())
        due = _due(steps, _recorded(connection))
        for step in due:
            if step.kind != "function":
                _apply(connection, [step])
        _apply(connection, [step for step in due if step.kind == "function"])
        if due:
            for statement in after_all(vendors):
                connection.execute(statement.encode())
    return MigrationReport(tuple(step.title for step in due))


def pending(admin_dsn: str, sql_root: Path, vendors: Sequence[Vendor] = ()) -> tuple[str, ...]:
    """What `migrate` would run. Changes nothing; raises as it does."""
    with _connected(admin_dsn) as connection:
        there = connection.execute("select to_regclass('private.studio_migrations') is not null").fetchone()
        recorded = _recorded(connection) if there and there[0] else {}
    return tuple(step.title for step in _due(steps_of(sql_root, vendors), recorded))


def _is_of(step: Step, until: str) -> bool:
    return step.kind == "vendor" or (step.kind == "migration" and step.name <= until)


def _due(steps: Sequence[Step], recorded: dict[tuple[str, str], str]) -> list[Step]:
    known = {(step.kind, step.name) for step in steps}
    newer = sorted(name for kind, name in recorded if kind == "migration" and (kind, name) not in known)
    if newer:
        message = (
            f"This database is newer than this studio: it has {', '.join(newer)}. "
            "Install the newer studio again, or restore a backup from before into an empty folder."
        )
        raise MigrationRefused(message, newer=newer)
    for step in steps:
        if step.kind != "function" and recorded.get((step.kind, step.name), step.digest) != step.digest:
            message = (
                f"{step.title} was run in this database with another text, so its tables may differ from "
                "what the studio expects. Put the file back as it was; changes go into a new migration."
            )
            raise MigrationRefused(message, name=step.name)
    return [step for step in steps if recorded.get((step.kind, step.name)) != step.digest]


def _recorded(connection: psycopg.Connection) -> dict[tuple[str, str], str]:
    rows = connection.execute("select kind, name, sha256 from private.studio_migrations").fetchall()
    return {(kind, name): digest for kind, name, digest in rows}


def _apply(connection: psycopg.Connection, steps: Sequence[Step]) -> None:
    if not steps:
        return
    with connection.transaction():
        # Functions may call each other in any order of their names; their bodies are checked when they run.
        connection.execute("set local check_function_bodies = off")
        for step in steps:
            _run(connection, step)
            connection.execute(
                "insert into private.studio_migrations (kind, name, sha256) values (%s, %s, %s) "
                "on conflict (kind, name) do update set sha256 = excluded.sha256, applied_at = now()",
                (step.kind, step.name, step.digest),
            )


def _run(connection: psycopg.Connection, step: Step) -> None:
    place = sql.Identifier(step.name if step.kind == "vendor" else "public")
    try:
        if step.kind == "vendor":
            connection.execute(sql.SQL("create schema if not exists {}").format(place))
        connection.execute(sql.SQL("set local search_path = {}").format(place))
        connection.execute(step.text.encode())
        connection.execute("set local search_path = public")
    except psycopg.errors.DatabaseError as error:
        if error.sqlstate is None:
            raise
        where = f" ({error.diag.context})" if error.diag.context else ""
        said = f"{error.diag.message_primary}{where}"
        message = f"{step.title} was refused by the database: {said}. It was not applied."
        raise MigrationRefused(message, name=step.name, sqlstate=error.sqlstate) from error


@contextmanager
def _connected(dsn: str) -> Iterator[psycopg.Connection]:
    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=10) as connection:
            yield connection
    except psycopg.Error as error:
        raise studio_error(error) from error
