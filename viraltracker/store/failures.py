"""What Postgres, its driver and PostgREST say, as the studio's own errors. Knows SQLSTATEs; opens nothing.

SQLSTATE classes: https://www.postgresql.org/docs/current/errcodes-appendix.html. PostgREST passes them on and
has codes of its own: https://docs.postgrest.org/en/stable/references/errors.html. `PTnnn` is how our SQL
functions say an HTTP status, which PostgREST understands too. A function names the very class in its detail:
`{"error": "Locked"}`.
"""

import json
import re
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

__all__ = ["hosted_error", "studio_error"]

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


_RULE = re.compile(r'constraint "([^"]+)"')
_UNKNOWN = (
    "Supabase doesn't know this function of the studio. Run what `viraltracker migrate --print` writes in "
    "the project's SQL editor, and try again."
)
_UNSIGNED = "Supabase doesn't accept whom the studio acts for. Check SUPABASE_JWT_SECRET, and the clock here."
_BY_HOSTED_CODE: Mapping[str, tuple[type[StudioError], str | None]] = {
    "PGRST0": (StoreDown, None),  # it doesn't reach its database
    "PGRST102": (BadInput, _WORDS["22"]),  # a body that is no JSON for it
    "PGRST2": (StoreError, _UNKNOWN),
    "PGRST3": (StoreError, _UNSIGNED),
    "401": (StoreError, "Supabase doesn't accept the studio's key. Check SUPABASE_KEY."),
    "413": (BadInput, _WORDS["54"]),
    "429": (StoreDown, None),
    "5": (StoreDown, None),
}
"""By how PostgREST's own code begins; and HTTP statuses, where the answer came from something before it."""


def studio_error(error: psycopg.Error) -> StudioError:
    """The error as ours. `facts`: the SQLSTATE, the broken rule's name, what a function put in its detail.

    Never carries values or statements: those are a producer's texts.
    """
    if error.sqlstate is None:
        return _without_state(error)
    said = error.diag
    return _refusal(error.sqlstate, said.message_primary, said.message_detail, said.constraint_name)


def hosted_error(code: str, message: str | None, details: object) -> StudioError:
    """An answer of PostgREST that is no success, as `studio_error` has it.

    `code` is an SQLSTATE, one of PostgREST's own, or an HTTP status.
    """
    if code.startswith("PGRST") or len(code) == len("404"):
        known = sorted((each for each in _BY_HOSTED_CODE if code.startswith(each)), key=len)
        kind, words = _BY_HOSTED_CODE[known[-1]] if known else (StoreError, None)
        if words is None and kind is StoreError:
            words = f"Supabase refused the studio ({code})."
        return kind(words, code=code)
    rule = _RULE.search(message or "")
    return _refusal(code, message, details, rule[1] if rule else None)


def _refusal(state: str, said: str | None, detail: object, rule: str | None) -> StudioError:
    facts = _facts(state, detail)
    kind = _kind(state, facts.pop("error", None))
    message: str | None = None
    if state.startswith(_OWN_WORDS):
        message = said
    else:
        message = _WORDS.get(state) or _WORDS.get(state[:2])
        if message is None and kind is StoreError:
            message = f"The database refused the studio ({state}: {said})."
    if rule:
        facts["rule"] = rule
    return kind(message, **{**facts, "sqlstate": state})


def _kind(state: str, named: object) -> type[StudioError]:
    if isinstance(named, str) and named in errors.__all__:
        found = getattr(errors, named)
        if issubclass(found, BadInput | Denied | TooOften):
            return found  # type: ignore[no-any-return]
    return _BY_STATE.get(state) or _BY_CLASS.get(state[:2], StoreError)


def _facts(state: str, told: object) -> dict[str, Any]:
    if not state.startswith("PT"):
        return {}
    try:
        detail = json.loads(told or "{}") if isinstance(told, str | None) else told
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
