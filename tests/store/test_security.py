"""Who may see and do what, read off the database's own catalogue, so that nothing new can be forgotten."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest

from viraltracker.errors import Denied, StoreError
from viraltracker.store import Actor, Postgres, Seat

DEFINERS = {
    "blob_census_v1",
    "blob_references_v1",
    "blob_sweep_v1",
    "blob_users_v1",
    "job_drop_v1",
    "job_enqueue_v1",
    "slot_release_v1",
    "slot_renew_v1",
    "slot_take_v1",
    "worker_list_v1",
    "worker_tell_v1",
}
"""Functions that act with more rights than their caller. Each is one more thing to get wrong."""
STUDIOS = {"seen", "made", "changed", "removed"}
"""The rules of what is a studio's: whoever works there sees it, its owner and producers make it."""
POLICIES = {
    "agent_settings": {"owner_only"},
    "users": {"owner_only"},
    "members": {"owner_only", "seen_by_member", "joined", "left_by_member", "told_to_definers"},
}
"""Tables with other rules. Each is one more thing to get wrong."""
UPKEEP = {"blob_census_v1", "blob_references_v1", "blob_sweep_v1", "blob_users_v1"}
SHA = "b" * 64
SIGNED_UP = UUID("6f1f9a2e-4b54-4b0e-9c52-0d7b8a3d2c11")
"""Somebody with a token of the project's own, not of the studio's."""

TABLES = """
    select c.relname, c.relrowsecurity, c.relforcerowsecurity,
           exists (select from pg_attribute a
                   where a.attrelid = c.oid and a.attname = 'owner' and a.attnotnull),
           array(select p.polname::text from pg_policy p where p.polrelid = c.oid),
           has_table_privilege('anon', c.oid, 'select, insert, update, delete')
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'f')
"""
FUNCTIONS = """
    select n.nspname, p.proname, p.prosecdef,
           exists (select from unnest(p.proconfig) s where s like 'search_path=%'),
           has_function_privilege('anon', p.oid, 'execute'),
           has_function_privilege('authenticated', p.oid, 'execute'),
           has_function_privilege('studio_login', p.oid, 'execute'),
           exists (select from aclexplode(p.proacl) a where a.grantee = 0)
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('public', 'private')
"""


@pytest.fixture
def catalogue(admin_url: str) -> Iterator[psycopg.Connection]:
    """The database as its owner sees it."""
    with psycopg.connect(admin_url) as connection:
        yield connection


def test_every_table_has_an_owner_and_forced_row_level_security(catalogue: psycopg.Connection) -> None:
    tables = catalogue.execute(TABLES).fetchall()
    assert len(tables) > 10
    for name, enabled, forced, owned, policies, open_to_strangers in tables:
        assert (enabled, forced, owned) == (True, True, True), name
        assert set(policies) == POLICIES.get(name, STUDIOS), name
        assert not open_to_strangers, name


def test_nothing_but_tables_is_in_public(catalogue: psycopg.Connection) -> None:
    views = (
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm')"
    )
    assert catalogue.execute(views).fetchall() == []


def test_functions_run_as_their_caller_unless_they_are_listed(catalogue: psycopg.Connection) -> None:
    functions = catalogue.execute(FUNCTIONS).fetchall()
    assert len(functions) > 30
    assert {name for _, name, definer, *_ in functions if definer} == DEFINERS
    for schema, name, definer, fixed_path, *_ in functions:
        assert fixed_path or name == "uuid7", f"{name} has no fixed search_path"
        assert not (definer and schema == "public"), name


def test_strangers_may_call_nothing_and_users_everything_public(catalogue: psycopg.Connection) -> None:
    for schema, name, _, _, stranger, user, login, everybody in catalogue.execute(FUNCTIONS):
        assert not stranger, name
        assert not everybody, name
        assert user or schema == "private", name
        if name in UPKEEP:
            assert not user, name
            assert login == (name != "blob_references_v1"), name


def test_no_function_has_two_forms(catalogue: psycopg.Connection) -> None:
    names = [(schema, name) for schema, name, *_ in catalogue.execute(FUNCTIONS)]
    assert len(names) == len(set(names))


def test_the_unexposed_schemas_tables_are_closed_to_users(catalogue: psycopg.Connection) -> None:
    closed = """
        select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('private', 'procrastinate') and c.relkind = 'r'
          and (has_table_privilege('authenticated', c.oid, 'select, insert, update, delete')
               or has_table_privilege('anon', c.oid, 'select, insert, update, delete'))
    """
    assert catalogue.execute(closed).fetchall() == []


def test_no_role_of_ours_is_above_the_rules(catalogue: psycopg.Connection) -> None:
    roles = """
        select rolname from pg_roles
        where rolname in ('anon', 'authenticated', 'studio_login', 'studio_worker')
          and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
    """
    assert catalogue.execute(roles).fetchall() == []
    assert catalogue.execute("select pg_has_role('studio_login', 'service_role', 'member')").fetchone() == (
        False,
    )


async def test_somebody_else_sees_nothing_and_changes_nothing(
    store: Actor, other_store: Actor, catalogue: psycopg.Connection
) -> None:
    await store.call("studio_blob_put_v1", sha256=SHA, bytes=1, media_type="audio/wav")
    await other_store.call("studio_blob_put_v1", sha256=SHA, bytes=2, media_type="audio/wav")
    owners = catalogue.execute("select owner::text, bytes from blobs order by bytes").fetchall()
    assert [count for _, count in owners] == [1, 2]
    assert len({owner for owner, _ in owners}) == 2
    catalogue.execute("set role authenticated")
    catalogue.execute(
        "select set_config('request.jwt.claims', %s, false)",
        (Seat(UUID(owners[0][0]), UUID(owners[0][0])).claims,),
    )
    assert catalogue.execute("select bytes from blobs").fetchall() == [(1,)]
    assert catalogue.execute("update blobs set bytes = 9 where bytes = 2").rowcount == 0
    assert catalogue.execute("delete from blobs where bytes = 2").rowcount == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        catalogue.execute(
            "insert into blobs (owner, sha256, bytes, media_type) values (%s, %s, 1, 'a/b')",
            (owners[1][0], "c" * 64),
        )


@pytest.mark.parametrize(
    "claims",
    ["", "{}", '{"sub": null}', '{"role": "service_role"}', f'{{"sub": "{SIGNED_UP}", "email": "a@b"}}'],
)
async def test_without_an_owner_nothing_is_there(postgres: Postgres, store: Actor, claims: str) -> None:
    await store.call("studio_blob_put_v1", sha256=SHA, bytes=1, media_type="audio/wav")
    nobody = Actor(postgres, "authenticated", claims)
    with pytest.raises((Denied, StoreError)):
        await nobody.call("studio_blob_put_v1", sha256=SHA, bytes=1, media_type="audio/wav")


@pytest.mark.parametrize("role", ["anon", "studio_worker", "none"])
async def test_only_a_signed_in_user_may_call(postgres: Postgres, role: str) -> None:
    stranger = Actor(postgres, role, f'{{"sub": "{uuid4()}"}}')
    with pytest.raises(Denied):
        await stranger.call("studio_blob_put_v1", sha256=SHA, bytes=1, media_type="audio/wav")


@pytest.mark.parametrize("role", ["postgres", "service_role"])
async def test_the_login_cannot_become_more_than_a_user(postgres: Postgres, role: str) -> None:
    with pytest.raises((Denied, StoreError)):
        await Actor(postgres, role, "").call("private.uuid7")


@pytest.mark.parametrize("name", sorted(UPKEEP))
async def test_upkeep_is_not_for_users(store: Actor, name: str) -> None:
    wanted: dict[str, dict[str, object]] = {
        "blob_sweep_v1": {"unused_days": 0},
        "blob_users_v1": {"hashes": []},
    }
    arguments = wanted.get(name, {})
    with pytest.raises(Denied):
        await store.call(f"private.{name}", **arguments)
