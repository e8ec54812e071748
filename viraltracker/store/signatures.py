"""The database's functions as statements that take one JSON body. Knows the catalogue; opens nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, sql

from viraltracker.errors import BadInput, StoreError

__all__ = ["Signature", "Signatures", "body_of"]

_FUNCTIONS = """
    select n.nspname, p.proname, coalesce(p.proargnames, '{}'),
           array(select format_type(t, null) from unnest(p.proargtypes) with ordinality a(t, i) order by i),
           p.prorettype = 'void'::regtype
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('public', 'private') and p.prokind = 'f'
"""


@dataclass(frozen=True, slots=True)
class Signature:
    """One function: its arguments' types by name. `statements` are kept by the names that were given."""

    schema: str
    name: str
    types: Mapping[str, str]
    answers: bool
    statements: dict[frozenset[str], bytes] = field(default_factory=dict)

    def statement(self, given: frozenset[str]) -> bytes:
        """The statement for a call with the named arguments; its one parameter is the JSON body."""
        if (known := self.statements.get(given)) is not None:
            return known
        if unknown := sorted(given - self.types.keys()):
            message = (
                f"The database's {self.name} doesn't know {', '.join(unknown)}. Run `viraltracker migrate`."
            )
            raise StoreError(message)
        names = sorted(given)
        function = sql.Identifier(self.schema, self.name)
        passed = sql.SQL(", ").join(sql.SQL("{0} => body.{0}").format(sql.Identifier(name)) for name in names)
        called = sql.SQL("{}({})").format(function, passed)
        columns = sql.SQL(", ").join(
            # The type's name comes from Postgres itself, quoted where it has to be.
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(self.types[name]))
            for name in names
        )
        answer = sql.SQL("to_jsonb({})" if self.answers else "{}").format(called)
        source = (
            sql.SQL(" from jsonb_to_record(%s::jsonb) as body({})").format(columns) if names else sql.SQL("")
        )
        made = self.statements[given] = sql.SQL("select {}{}").format(answer, source).as_bytes(None)
        return made


class Signatures:
    """What is known of a database's functions; asked for once, and again when one is missing."""

    def __init__(self) -> None:
        self._known: dict[str, Signature] = {}

    async def of(self, connection: AsyncConnection[Any], function: str) -> Signature:
        """The signature of `name` or `private.name`. Raises `StoreError` when the database has none."""
        if function not in self._known:
            self._known = await _load(connection)
        if function not in self._known:
            raise StoreError(f"The database has no function {function}. Run `viraltracker migrate`.")
        return self._known[function]

    def forget(self) -> None:
        """Ask the catalogue again at the next call: a migration has changed something."""
        self._known = {}


async def _load(connection: AsyncConnection[Any]) -> dict[str, Signature]:
    cursor = await connection.execute(_FUNCTIONS)
    known = {}
    for schema, name, names, types, is_void in await cursor.fetchall():
        key = name if schema == "public" else f"{schema}.{name}"
        known[key] = Signature(schema, name, dict(zip(names, types, strict=False)), not is_void)
    return known


def body_of(arguments: Mapping[str, Any]) -> str:
    """The arguments as a JSON object. Raises `BadInput` for numbers that JSON doesn't have."""
    try:
        return json.dumps(arguments, default=_plain, allow_nan=False)
    except ValueError as error:
        raise BadInput("One of these values is not a finite number. Nothing was changed.") from error


def _plain(value: object) -> object:
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")
