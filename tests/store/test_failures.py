"""Every error of Postgres and its driver is one of ours; a new one in the driver fails here first."""

import inspect

import psycopg
import psycopg_pool
import pytest

from viraltracker import errors
from viraltracker.store.failures import studio_error

PUBLIC = {**vars(psycopg), **vars(psycopg.errors), **vars(psycopg_pool)}
CLASSES = {found for found in PUBLIC.values() if inspect.isclass(found) and issubclass(found, psycopg.Error)}
BY_STATE = {found.sqlstate: found for found in CLASSES if found.sqlstate}
BY_CLASS = {
    errors.StoreDown: {"08", "25", "40", "53", "55", "57", "58"},
    errors.BadInput: {"22", "23", "54"},
    # Nothing a producer did: a mistake of ours, or a database that isn't ours to use. Named with its state.
    errors.StoreError: {
        *("02", "03", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "10", "20", "21", "24", "26", "27", "28"),
        *("2B", "2D", "2F", "34", "38", "39", "3B", "3D", "3F", "42", "44", "72", "F0", "HV", "P0", "XX"),
    },
}
BY_OWN_STATE = {
    "P0001": errors.BadInput,
    "P0002": errors.NotFound,
    "42501": errors.Denied,
    "23505": errors.Conflict,
    "23P01": errors.Conflict,
    "53100": errors.DiskFull,
    "XX001": errors.Damaged,
    "XX002": errors.Damaged,
}


def expected(state: str) -> type[errors.StudioError]:
    if state in BY_OWN_STATE:
        return BY_OWN_STATE[state]
    return next(kind for kind, classes in BY_CLASS.items() if state[:2] in classes)


@pytest.mark.parametrize("state", sorted(BY_STATE))
def test_every_state_of_postgres(state: str) -> None:
    found = studio_error(BY_STATE[state]("select 'spoken text'"))
    assert type(found) is expected(state)
    assert found.facts["sqlstate"] == state
    assert "spoken" not in found.message


STATELESS = (
    (psycopg.OperationalError, errors.StoreDown),
    (psycopg.InterfaceError, errors.StoreDown),
    (psycopg.errors.ConnectionTimeout, errors.StoreDown),
    (psycopg.errors.CancellationTimeout, errors.StoreDown),
    (psycopg.errors.PipelineAborted, errors.StoreDown),
    (psycopg_pool.PoolTimeout, errors.StoreDown),
    (psycopg_pool.PoolClosed, errors.StoreDown),
    (psycopg_pool.TooManyRequests, errors.StoreDown),
    (psycopg.DataError, errors.BadInput),
    (psycopg.Error, errors.StoreError),
    (psycopg.DatabaseError, errors.StoreError),
    (psycopg.IntegrityError, errors.StoreError),
    (psycopg.InternalError, errors.StoreError),
    (psycopg.NotSupportedError, errors.StoreError),
    (psycopg.ProgrammingError, errors.StoreError),
)
"""Errors of the driver that carry no SQLSTATE, and what each becomes."""


@pytest.mark.parametrize(("raised", "kind"), STATELESS)
def test_every_error_of_the_driver(raised: type[psycopg.Error], kind: type[errors.StudioError]) -> None:
    assert type(studio_error(raised("select 'spoken text'"))) is kind
    assert "spoken" not in studio_error(raised("select 'spoken text'")).message


def test_no_error_of_the_driver_is_forgotten() -> None:
    stateless = {found for found in CLASSES if not found.sqlstate and not found.__name__.startswith("_")}
    assert stateless == {raised for raised, _ in STATELESS}


def test_what_may_pass_by_itself_is_retryable() -> None:
    for state in ("40001", "40P01", "57P01", "57P03", "55P03", "08006", "53300"):
        assert studio_error(BY_STATE[state]("x")).retryable, state
    for state in ("53100", "22P02", "42501", "42883", "XX001"):
        assert not studio_error(BY_STATE[state]("x")).retryable, state
