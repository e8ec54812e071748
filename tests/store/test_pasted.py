"""What is pasted into an SQL editor makes the database that `migrate` makes."""

import psycopg
import pytest

from tests.postgres import SQL_ROOT, vendors
from viraltracker.store import Postgres, migrate, pasted, pending

SHAPE = """
    select 'function', n.nspname, p.proname || pg_get_function_identity_arguments(p.oid),
           pg_get_functiondef(p.oid) || array(select a::text from unnest(p.proacl) a order by 1)::text
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('public', 'private', 'auth', 'procrastinate') and p.prokind = 'f'
    union all
    select 'column', c.relnamespace::regnamespace::text, c.relname || '.' || a.attname,
           format_type(a.atttypid, a.atttypmod) || a.attnotnull
           || coalesce(pg_get_expr(d.adbin, d.adrelid), '') || coalesce(c.relacl::text, '')
           || c.relforcerowsecurity
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relnamespace::regnamespace::text in ('public', 'private', 'procrastinate')
      and c.relkind in ('r', 'i')
    union all
    select 'policy', p.polrelid::regclass::text, p.polname, pg_get_expr(p.polqual, p.polrelid)
    from pg_policy p
    union all
    select 'constraint', c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid)
    from pg_constraint c
    where c.connamespace::regnamespace::text in ('public', 'private', 'procrastinate')
    union all
    select 'run', kind, name, sha256 from private.studio_migrations
    order by 1, 2, 3, 4
"""


def paste(url: str) -> None:
    """As an editor does: the whole text at once."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(pasted(SQL_ROOT, vendors()).encode())


def shape(url: str) -> list[tuple[str, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(SHAPE).fetchall()


def test_it_makes_what_migrate_makes(empty_url: str, admin_url: str) -> None:
    paste(empty_url)
    assert pending(empty_url, SQL_ROOT, vendors()) == ()
    made = shape(empty_url)
    assert len(made) > 500
    assert made == shape(admin_url)


def test_again_it_changes_nothing_and_goes_on_where_migrate_stopped(empty_url: str) -> None:
    migrate(empty_url, SQL_ROOT, vendors(), until="0003_jobs")
    paste(empty_url)
    made = shape(empty_url)
    paste(empty_url)
    assert shape(empty_url) == made
    assert pending(empty_url, SQL_ROOT, vendors()) == ()
    assert migrate(empty_url, SQL_ROOT, vendors()).applied == ()


def test_a_database_that_was_made_with_other_texts_is_left_alone(empty_url: str) -> None:
    paste(empty_url)
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("update private.studio_migrations set sha256 = 'x' where name = '0002_studio'")
        connection.execute("drop function studio_sessions_v1")
    before = shape(empty_url)
    with pytest.raises(psycopg.errors.RaiseException, match="0002_studio was run in this"):
        paste(empty_url)
    assert shape(empty_url) == before


async def test_whoever_calls_functions_over_http_hears_of_new_ones(empty_url: str) -> None:
    async with Postgres(empty_url) as postgres, postgres.listen("pgrst") as heard:
        assert await anext(heard) == ""
        paste(empty_url)
        assert await anext(heard) == "reload schema"
