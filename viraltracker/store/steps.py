"""What a database needs, piece by piece, and what follows once all of it is in. Opens nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from psycopg import sql

from viraltracker.errors import MigrationRefused

__all__ = ["LEDGER", "Step", "Vendor", "after_all", "steps_of"]

Kind = Literal["vendor", "migration", "function"]
_FILE_NAME = re.compile(r"\d{4}_[a-z0-9_]+\.sql")
LEDGER = """
    create schema if not exists private;
    create table if not exists private.studio_migrations (
        kind       text        not null check (kind in ('vendor', 'migration', 'function')),
        name       text        not null,
        sha256     text        not null,
        applied_at timestamptz not null default now(),
        primary key (kind, name)
    )
"""
"""Where it is written down what was run."""
# Row level security is forced, so an owner of the tables who is no superuser doesn't see their rows either,
# and upkeep and backups, which work as the owner, would take every file for unused. The owner could lift the
# force anyway; this says so openly. `private.blob_references_v1` looks for it by name.
_UPKEEP_POLICIES = """
do $$
declare
    named text;
begin
    if (select rolsuper or rolbypassrls from pg_roles where rolname = current_user) then
        return;
    end if;
    for named in
        select c.relname from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relforcerowsecurity
          and pg_get_userbyid(c.relowner) = current_user
          and not exists (
              select from pg_policy p where p.polrelid = c.oid and p.polname = 'studio_upkeep')
    loop
        execute format('create policy studio_upkeep on public.%I to %I using (true)', named, current_user);
    end loop;
end
$$
"""


@dataclass(frozen=True, slots=True)
class Vendor:
    """A library's own tables: `sql` is run once, in a schema called `name`. Its names may be unqualified."""

    name: str
    version: str
    sql: str

    @property
    def digest(self) -> str:
        """The hash that stands for this version of it."""
        return sha256(self.sql.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Step:
    """One file to run, or one vendor's schema."""

    kind: Kind
    name: str
    text: str
    version: str = ""

    @property
    def digest(self) -> str:
        """The hash of what is run."""
        return sha256(self.text.encode()).hexdigest()

    @property
    def title(self) -> str:
        """What reports call it."""
        titles = {"vendor": f"vendor {self.name} {self.version}", "function": f"functions/{self.name}"}
        return titles.get(self.kind, self.name)


def steps_of(sql_root: Path, vendors: Sequence[Vendor]) -> list[Step]:
    """All that a database needs, in the order of running. Raises `MigrationRefused` for a wrong file name."""
    steps = [Step("vendor", vendor.name, vendor.sql, vendor.version) for vendor in vendors]
    for path in sorted((sql_root / "migrations").glob("*.sql")):
        if not _FILE_NAME.fullmatch(path.name):
            raise MigrationRefused(f"{path.name} is no migration's name. It looks like 0001_foundation.sql.")
        steps.append(Step("migration", path.stem, path.read_text(encoding="utf-8")))
    functions = sorted((sql_root / "functions").glob("*.sql"))
    return [*steps, *(Step("function", path.stem, path.read_text(encoding="utf-8")) for path in functions)]


def after_all(vendors: Sequence[Vendor]) -> list[str]:
    """Statements for when everything is in.

    They let the studio's login work in the vendors' schemas, with tables of later versions included, let
    upkeep see all rows, and have PostgREST read the schema anew.
    """
    grants = (
        "grant usage on schema {} to studio_login",
        "grant select, insert, update, delete on all tables in schema {} to studio_login",
        "grant usage, select on all sequences in schema {} to studio_login",
        "grant execute on all functions in schema {} to studio_login",
    )
    opened = [
        sql.SQL(grant).format(sql.Identifier(vendor.name)).as_string()
        for vendor in vendors
        for grant in grants
    ]
    return [*opened, _UPKEEP_POLICIES, "notify pgrst, 'reload schema'"]
