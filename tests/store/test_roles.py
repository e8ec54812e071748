"""What an owner, a producer, a reviewer and a stranger may do, over both transports, function by function."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.store.both import gateway, rows
from viraltracker.errors import BadInput, Denied, NotFound, StudioError
from viraltracker.store import Hosted, Postgres, Seat

__all__ = ["gateway", "rows"]

EMAIL = "nell@example.org"
REVIEWS = frozenset({"studio_beat_mark_v1", "studio_take_mark_v1", "studio_takes_pick_v1", "studio_undo_v1"})
"""What a reviewer may do."""
OWN = frozenset({"studio_sign_in_v1", "studio_member_invite_v1", "studio_member_remove_v1"})
"""About oneself, or for owners alone; tested one by one."""
PUBLIC = """
    select p.proname::text, coalesce(p.proargnames, '{}'),
           array(select format_type(t, null) from unnest(p.proargtypes) with ordinality a(t, i) order by i)
    from pg_proc p where p.pronamespace = 'public'::regnamespace order by 1
"""
PLAUSIBLE: dict[str, Any] = {
    "text": "x", "jsonb": {}, "integer": 1, "bigint": 1, "boolean": True, "numeric": 1,
}  # fmt: skip
TABLES = """
    select c.relname::text from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
      and c.relname not in ('members', 'users')
"""


class Team:
    """An owner with a session of one beat and two takes, and how others would sit there."""

    def __init__(self, rows: Postgres | Hosted) -> None:
        self._rows = rows
        self.owner, self.guest = uuid4(), uuid4()
        self.own = rows.acting_for(Seat(self.owner, self.owner, "Ann", "ann@example.org"))
        self.home = rows.acting_for(Seat(self.guest, self.guest, "Nell", EMAIL))
        self.there = rows.acting_for(Seat(self.owner, self.guest, "Nell", EMAIL))

    async def join(self, role: str) -> None:
        await self.own.call("studio_sign_in_v1", issuer="i", subject=str(self.owner))
        await self.own.call("studio_member_invite_v1", email=EMAIL, role=role)
        await self.home.call("studio_sign_in_v1", issuer="i", subject=str(self.guest), name="Nell")


@pytest.fixture
def team(rows: Postgres | Hosted) -> Team:
    return Team(rows)


@pytest.fixture
async def session(team: Team) -> dict[str, Any]:
    beat = {"id": "a", "segments": []}
    made: dict[str, Any] = await team.own.call(
        "studio_session_create_v1", title="One", project="", els="", contents=[beat]
    )
    return made


async def test_who_is_invited_joins_at_their_next_sign_in_and_leaves_when_removed(
    team: Team, session: dict[str, Any]
) -> None:
    with pytest.raises(NotFound):
        await team.there.call("studio_session_v1", session=session["id"])
    await team.join("reviewer")
    (met,) = await team.home.call("studio_studios_v1")
    assert (met["owner"], met["owner_name"], met["role"]) == (str(team.owner), "Ann", "reviewer")
    (member,) = await team.own.call("studio_members_v1")
    assert (member["email"], member["name"], member["joined_at"] is None) == (EMAIL, "Nell", False)
    assert (await team.there.call("studio_session_v1", session=session["id"]))["id"] == session["id"]
    assert await team.home.call("studio_sessions_v1") == [], "their own studio is their own"
    await team.own.call("studio_member_remove_v1", email=EMAIL)
    with pytest.raises(NotFound):
        await team.there.call("studio_session_v1", session=session["id"])
    with pytest.raises(StudioError):
        await team.there.call("studio_session_create_v1", title="Two", project="", els="", contents=[])
    assert await team.home.call("studio_studios_v1") == []


async def test_an_address_that_nobody_vouches_for_joins_nothing(team: Team, rows: Postgres | Hosted) -> None:
    await team.own.call("studio_member_invite_v1", email=EMAIL, role="producer")
    thief = uuid4()
    for seat in (Seat(thief, thief), Seat(thief, thief, "Nell", "other@example.org")):
        await rows.acting_for(seat).call(
            "studio_sign_in_v1", issuer="i", subject=str(thief), email=EMAIL, name="Nell"
        )
    assert await rows.acting_for(thief).call("studio_studios_v1") == []
    (member,) = await team.own.call("studio_members_v1")
    assert member["joined_at"] is None


async def test_only_owners_invite_change_and_remove(team: Team, session: dict[str, Any]) -> None:
    await team.join("producer")
    for call in ("studio_member_invite_v1", "studio_member_remove_v1"):
        more = {"role": "producer"} if call.endswith("invite_v1") else {}
        with pytest.raises(Denied):
            await team.there.call(call, email=EMAIL, **more)
    with pytest.raises(BadInput):
        await team.own.call("studio_member_invite_v1", email="ANN@example.org", role="producer")
    with pytest.raises(NotFound):
        await team.own.call("studio_member_remove_v1", email="who@example.org")
    await team.own.call("studio_member_invite_v1", email=EMAIL, role="reviewer")
    (member,) = await team.own.call("studio_members_v1")
    assert member["role"] == "reviewer"
    with pytest.raises(Denied):  # at once, from the call after
        await team.there.call("studio_session_change_v1", session=session["id"], change={"title": "Mine"})


async def test_a_producer_works_in_the_owners_studio(team: Team, session: dict[str, Any]) -> None:
    await team.join("producer")
    made = await team.there.call("studio_session_create_v1", title="Two", project="", els="", contents=[])
    titles = {each["title"] for each in await team.own.call("studio_sessions_v1")}
    assert titles == {"One", "Two"}
    await team.there.call("studio_session_change_v1", session=session["id"], change={"title": "Uno"})
    assert (await team.own.call("studio_session_v1", session=session["id"]))["title"] == "Uno"
    assert made["id"] != session["id"]


async def test_a_reviewer_notes_and_undoes_and_neither_locks_nor_renames(
    team: Team, session: dict[str, Any]
) -> None:
    await team.join("reviewer")
    seen = await team.there.call("studio_session_v1", session=session["id"])
    beat = seen["beats"][0]["id"]
    await team.there.call("studio_beat_mark_v1", beat=beat, mark={"note": "slower"})
    assert (await team.own.call("studio_session_v1", session=session["id"]))["beats"][0]["note"] == "slower"
    await team.there.call("studio_undo_v1", session=session["id"])
    assert (await team.own.call("studio_session_v1", session=session["id"]))["beats"][0]["note"] == ""
    refused: list[tuple[str, dict[str, Any]]] = [
        ("studio_beat_mark_v1", {"beat": beat, "mark": {"locked": True}}),
        ("studio_session_change_v1", {"session": session["id"], "change": {"title": "Mine"}}),
        ("studio_session_change_v1", {"session": session["id"], "change": {"deleted": True}}),
        ("studio_session_create_v1", {"title": "Two", "project": "", "els": "", "contents": []}),
        ("studio_blob_put_v1", {"sha256": "a" * 64, "bytes": 1, "media_type": "audio/wav"}),
    ]
    for name, arguments in refused:
        with pytest.raises(Denied):
            await team.there.call(name, **arguments)


@pytest.mark.parametrize("left", [False, True], ids=["reviewer", "removed"])
async def test_no_function_lets_them_change_or_who_left_see_anything(
    team: Team, session: dict[str, Any], admin_url: str, left: bool
) -> None:
    """All of them, read off the catalogue: a new one is held to this without being listed."""
    await team.join("producer" if left else "reviewer")
    beat = (await team.own.call("studio_session_v1", session=session["id"]))["beats"][0]["id"]
    ids = {"session": session["id"], "beat": beat, "beats": [beat], "picks": [{"beat": beat, "take": None}]}
    ids |= {"change": {"title": "Mine"}, "contents": [{"id": "b"}], "script_number": 1, "number": 1}
    if left:
        await team.own.call("studio_member_remove_v1", email=EMAIL)
    with psycopg.connect(admin_url, autocommit=True) as catalogue:
        tables = [name for (name,) in catalogue.execute(TABLES)]
        every = " union all ".join(
            f"select '{name}', t::text from {name} t where owner = '{team.owner}'"  # noqa: S608
            for name in tables
        )
        before = sorted(catalogue.execute(every).fetchall())
        called = 0
        for name, names, types in catalogue.execute(PUBLIC).fetchall():
            if name in OWN or (name in REVIEWS and not left):
                continue
            plain = {
                key: ids.get(key, PLAUSIBLE.get(kind, str(uuid4())))
                for key, kind in zip(names, types, strict=False)
            }
            with suppress(StudioError):
                answer = await team.there.call(name, **plain)
                assert not left or "One" not in str(answer), name
            called += 1
            assert sorted(catalogue.execute(every).fetchall()) == before, name
    assert called > 40


@pytest.fixture
def as_seen(admin_url: str) -> Iterator[psycopg.Connection]:
    """Rows as somebody's claims let them touch them, table by table."""
    with psycopg.connect(admin_url) as connection:
        yield connection


async def test_tables_themselves_keep_reviewers_from_making_and_strangers_from_seeing(
    team: Team, session: dict[str, Any], as_seen: psycopg.Connection
) -> None:
    """Read off the catalogue: a table that is forgotten fails here."""
    await team.join("reviewer")
    await team.own.call("studio_blob_put_v1", sha256="a" * 64, bytes=1, media_type="audio/wav")
    tables = [name for (name,) in as_seen.execute(TABLES)]
    assert len(tables) > 15
    reviewer = Seat(team.owner, team.guest, "Nell", EMAIL).claims
    stranger = Seat(team.owner, uuid4()).claims
    as_seen.execute("set role authenticated")
    for table in tables:
        for claims, who in ((reviewer, "reviewer"), (stranger, "stranger")):
            as_seen.execute("select set_config('request.jwt.claims', %s, false)", (claims,))
            found = as_seen.execute(f"select owner from {table}").fetchall()  # noqa: S608 - from the catalogue
            assert found or table != "sessions" or who == "stranger", "a reviewer sees what is there"
            assert {owner for (owner,) in found} <= ({team.owner} if who == "reviewer" else set()), table
            gone = as_seen.execute(f"delete from {table}").rowcount  # noqa: S608
            touchable = table in {"selections", "take_marks", "edits"} and who == "reviewer"
            assert gone == 0 or touchable, (table, who)
            as_seen.rollback()
            as_seen.execute("set role authenticated")


async def test_names_are_written_down_with_what_was_done(
    team: Team, session: dict[str, Any], admin_url: str
) -> None:
    await team.join("reviewer")
    beat = (await team.own.call("studio_session_v1", session=session["id"]))["beats"][0]["id"]
    await team.there.call("studio_beat_mark_v1", beat=beat, mark={"note": "slower"})
    with psycopg.connect(admin_url) as connection:
        (row,) = connection.execute("select owner, actor_name from edits").fetchall()
    assert row == (UUID(str(team.owner)), "Nell")
