"""Every public function with every kind of nonsense: refused in words, and nothing of it executed."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from viraltracker.errors import BadInput, Conflict, Denied, StudioError
from viraltracker.store import Actor

REFUSALS = (BadInput, Conflict, Denied)
"""What a producer's nonsense may get. `StoreError` would mean that our own SQL stumbled over it."""
HOSTILE_TEXT = (
    "'; drop table sessions; --",
    "$$; drop table sessions; $$",
    "%s %(a)s {} \\' \\",
    "x" * 5000,
    "",
    "\u202eтест\n\t",
)
NONSENSE: dict[str, tuple[Any, ...]] = {
    "text": (None, *HOSTILE_TEXT),
    "jsonb": (None, {}, [], "", 7, [7], [{}], {"a": HOSTILE_TEXT[0]}, [{"beat": HOSTILE_TEXT[0]}]),
    "uuid": (None, str(uuid4()), "not a uuid"),
    "integer": (None, 0, -1, 2**31 - 1, 2**40),
    "bigint": (None, 0, -1, 2**62),
    "boolean": (None, True, "perhaps"),
}
DEFAULT: tuple[Any, ...] = (None, 0, -1.5, "nonsense", [], HOSTILE_TEXT[0])
SIGNATURES = """
    select p.proname, coalesce(p.proargnames, '{}'),
           array(select format_type(t, null) from unnest(p.proargtypes) with ordinality a(t, i) order by i)
    from pg_proc p where p.pronamespace = 'public'::regnamespace order by 1
"""

OWNED = """
    select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attname = 'owner'
"""


@pytest.fixture
def catalogue(admin_url: str) -> Iterator[psycopg.Connection]:
    """The database as its owner sees it."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        yield connection


async def test_nonsense_is_refused_in_words(store: Actor, catalogue: psycopg.Connection) -> None:
    made = await store.call("studio_session_create_v1", title="ours", project="", els="", contents=[])
    stumbled: dict[str, str] = {}
    for name, names, types in catalogue.execute(SIGNATURES).fetchall():
        kinds = dict(zip(names, types, strict=False))
        plain = {argument: NONSENSE.get(kind, DEFAULT)[1] for argument, kind in kinds.items()}
        if "session" in plain:
            plain["session"] = made["id"]
        for argument, kind in kinds.items():
            for value in NONSENSE.get(kind, DEFAULT):
                try:
                    await store.call(name, **{**plain, argument: value})
                except REFUSALS:
                    continue
                except StudioError as error:
                    stumbled[f"{name}({argument}={str(value)[:30]!r})"] = error.message
    assert stumbled == {}
    assert catalogue.execute("select count(*) > 0 from sessions").fetchone() == (True,)


async def test_somebody_elses_session_stays_as_it_was(
    store: Actor, other_store: Actor, owner: UUID, catalogue: psycopg.Connection
) -> None:
    made = await store.call("studio_session_create_v1", title="ours", project="", els="", contents=[])
    rows = sql.SQL("select {}, t::text from {} t where owner = {}")
    everything = sql.SQL(" union all ").join(
        rows.format(name, sql.Identifier(name), str(owner)) for (name,) in catalogue.execute(OWNED).fetchall()
    )
    before = sorted(catalogue.execute(everything))
    assert len(before) >= 2
    for name, names, types in catalogue.execute(SIGNATURES).fetchall():
        kinds = dict(zip(names, types, strict=False))
        if "session" in kinds:
            plain = {argument: NONSENSE.get(kind, DEFAULT)[1] for argument, kind in kinds.items()}
            with suppress(*REFUSALS):
                answer = await other_store.call(name, **{**plain, "session": made["id"]})
                assert "ours" not in str(answer), name
    assert sorted(catalogue.execute(everything)) == before
