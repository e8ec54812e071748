"""What Postgres and its driver say, as the studio's own errors. Knows SQLSTATEs; opens nothing.

SQLSTATE classes: https://www.postgresql.org/docs/current/errcodes-appendix.html. `PTnnn` is how our SQL
functions say an HTTP status, which PostgREST understands too. A function names the very class in its detail:
`{"error": "Locked"}`.
"""

import json
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg_pool import PoolTimeout

from viraltracker import errors
from viraltracker.errors import (
    BadInput,
    Conflict,
    Damaged,
    Denied,
    DiskFull,
    NotFound,
    StoreDown,
    StoreError,
    StudioError,
    TooOften,
)

__all__ = ["studio_error"]

_BY_STATE: Mapping[str, type[StudioError]] = {
    "PT403": Denied,
    "PT404": NotFound,
    "PT409": Conflict,
    "P0001": BadInput,  # raise without a code
    "P0002": NotFound,
    "42501": Denied,
    "23505": Conflict,
    "23P01": Conflict,
    "53100": DiskFull,
    "XX001": Damaged,  # a page of a table, or an index, isn't what it was
    "XX002": Damaged,
}
_BY_CLASS: Mapping[str, type[StudioError]] = {
    "08": StoreDown,  # connection
    "22": BadInput,  # data
    "23": BadInput,  # constraints
    "25": StoreDown,  # transaction state: read only while another machine takes over, idle too long
    "40": StoreDown,  # serialization, deadlock
    "53": StoreDown,  # resources
    "54": BadInput,  # too large, too deep
    "55": StoreDown,  # in use, locked
    "57": StoreDown,  # shutting down, starting, cancelled
    "58": StoreDown,  # its disk fails
    "PT": BadInput,
}
_OWN_WORDS = ("PT", "P0001")
"""States under which our own functions speak: their message is for the producer."""
_WORDS: Mapping[str, str] = {
    "22": "The database can't keep one of these values. Nothing was changed.",
    "23": "The database refused this: a rule of the studio would be broken. Nothing was changed.",
    "28": "The database doesn't let the studio in. Check the user and the password in DATABASE_URL.",
    "40": "Two changes got into each other's way, and this one was taken back. Try again.",
    "54": "That is more than the database takes at once. Nothing was changed.",
    "55": "Something else is working on this right now. Try again in a moment.",
    "58": "The database can't read or write its disk. `viraltracker doctor` says where that is.",
    "XX001": "The database found a damaged table. Stop the studio and restore a backup.",
    "XX002": "The database found a damaged index. Stop the studio and restore a backup.",
}


def studio_error(error: psycopg.Error) -> StudioError:
    """The error as ours. `facts`: the SQLSTATE, the broken rule's name, what a function put in its detail.

    Never carries values or statements: those are a producer's texts.
    """
    state = error.sqlstate
    if state is None:
        return _without_state(error)
    facts = _facts(error)
    kind = _kind(state, facts.pop("error", None))
    message: str | None = None
    if state.startswith(_OWN_WORDS):
        message = error.diag.message_primary
    else:
        message = _WORDS.get(state) or _WORDS.get(state[:2])
        if message is None and kind is StoreError:
            message = f"The database refused the studio ({state}: {error.diag.message_primary})."
    if error.diag.constraint_name:
        facts["rule"] = error.diag.constraint_name
    return kind(message, **{**facts, "sqlstate": state})


def _kind(state: str, named: object) -> type[StudioError]:
    if isinstance(named, str) and named in errors.__all__:
        found = getattr(errors, named)
        if issubclass(found, BadInput | Denied | TooOften):
            return found  # type: ignore[no-any-return]
    return _BY_STATE.get(state) or _BY_CLASS.get(state[:2], StoreError)


def _facts(error: psycopg.Error) -> dict[str, Any]:
    if not (error.sqlstate or "").startswith("PT"):
        return {}
    try:
        detail = json.loads(error.diag.message_detail or "{}")
    except ValueError:
        return {}
    known = detail if isinstance(detail, dict) else {}
    return {name: value for name, value in known.items() if name != "message"}


def _without_state(error: psycopg.Error) -> StudioError:
    """The driver's own: no connection, no answer in time, or a value it can't write."""
    if isinstance(error, PoolTimeout | psycopg.OperationalError | psycopg.InterfaceError):
        return StoreDown()
    if isinstance(error, psycopg.DataError):
        return BadInput(_WORDS["22"])
    return StoreError(f"The database's driver refused the studio ({type(error).__name__}).")
