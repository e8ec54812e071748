"""A database as Supabase makes it for a project: roles, `auth` and `storage` are there before the studio."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from tests.postgres import SQL_ROOT, vendors
from tests.store.project import project
from viraltracker.store import Seat, migrate, pasted

__all__ = ["project"]

UID = "select md5(pg_get_functiondef('auth.uid()'::regprocedure))"


@pytest.fixture(params=["migrate", "pasted"])
def made(request: pytest.FixtureRequest, project: str) -> Iterator[psycopg.Connection]:
    """The project with the studio in it, brought in either way."""
    with psycopg.connect(project, autocommit=True) as connection:
        before = connection.execute(UID).fetchone()
        for _ in range(2):
            if request.param == "migrate":
                migrate(project, SQL_ROOT, vendors())
            else:
                connection.execute(pasted(SQL_ROOT, vendors()).encode())
        assert connection.execute(UID).fetchone() == before, "what Supabase brings stays as it is"
        yield connection


def act_as(connection: psycopg.Connection, role: str, user: UUID) -> None:
    connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
    connection.execute("select set_config('request.jwt.claims', %s, false)", (Seat(user, user).claims,))


def test_the_bucket_is_private_and_takes_audio_of_its_size(made: psycopg.Connection) -> None:
    buckets = "select public, file_size_limit > 1e9, allowed_mime_types from storage.buckets where id = %s"
    assert made.execute(buckets, ("viraltracker",)).fetchall() == [
        (False, True, ["audio/*", "application/zip", "application/octet-stream"])
    ]


def test_a_folder_is_its_owners_alone(made: psycopg.Connection) -> None:
    anna, ben = uuid4(), uuid4()
    put = "insert into storage.objects (bucket_id, name) values ('viraltracker', %s)"
    act_as(made, "authenticated", anna)
    made.execute(put, (f"{anna}/ab/{'ab' * 32}.flac",))
    for name in (f"{ben}/ab/x.flac", "x.flac", f"x/{anna}/y.flac"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            made.execute(put, (name,))
    act_as(made, "authenticated", ben)
    assert made.execute("select count(*) from storage.objects").fetchone() == (0,)
    assert made.execute("delete from storage.objects").rowcount == 0
    act_as(made, "anon", anna)
    assert made.execute("select count(*) from storage.objects").fetchone() == (0,)
    act_as(made, "authenticated", anna)
    assert made.execute("update storage.objects set name = 'elsewhere'").rowcount == 0, "audio never changes"
    assert made.execute("delete from storage.objects").rowcount == 1


def test_a_studios_folder_is_read_by_all_who_work_there_and_filled_by_who_makes(
    made: psycopg.Connection,
) -> None:
    anna, ben = uuid4(), uuid4()
    put = "insert into storage.objects (bucket_id, name) values ('viraltracker', %s)"
    name = f"{anna}/ab/{'ab' * 32}.flac"
    act_as(made, "authenticated", anna)
    made.execute(put, (name,))
    for role, makes in (("reviewer", False), ("producer", True)):
        act_as(made, "authenticated", anna)
        made.execute(
            "insert into members (owner, email, role, member) values (%s, 'ben@example.org', %s, %s) "
            "on conflict (owner, email) do update set role = excluded.role",
            (anna, role, ben),
        )
        made.execute("select set_config('request.jwt.claims', %s, false)", (Seat(anna, ben).claims,))
        assert made.execute("select count(*) from storage.objects").fetchone() == (1,)
        assert made.execute("delete from storage.objects").rowcount == int(makes)
        if not makes:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                made.execute(put, (f"{anna}/cd/x.flac",))
        else:
            made.execute(put, (name,))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            made.execute(put, (f"{ben}/ab/x.flac",))  # where they don't sit now


async def test_the_studios_functions_work_for_its_users(made: psycopg.Connection) -> None:
    act_as(made, "authenticated", uuid4())
    assert made.execute("select studio_sessions_v1()").fetchone() == ([],)
    act_as(made, "anon", uuid4())
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        made.execute("select studio_sessions_v1()")
