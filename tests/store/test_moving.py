"""Rows of a project archive, over both transports: under whoever imports them, in their session only."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.store.both import gateway, other_store, rows, store
from viraltracker.errors import BadInput, StudioError
from viraltracker.store import Actor, project_reader

__all__ = ["gateway", "other_store", "rows", "store"]

GOLDEN = Path(__file__).parents[1] / "golden" / "project" / "version-1.zip"


def golden() -> tuple[UUID, dict[str, Any]]:
    with project_reader(GOLDEN) as reader:
        (session,) = reader.manifest.sessions
        return session.id, reader.kinds(session)


async def with_files(store: Actor, kinds: dict[str, Any]) -> None:
    for row in kinds["blobs"]:
        await store.call("studio_blob_put_v1", **row)


async def test_what_is_written_is_read_back_and_nobody_else_can_have_it(
    store: Actor, other_store: Actor
) -> None:
    session, kinds = golden()
    await with_files(store, kinds)
    assert sorted((await store.call("studio_project_write_v1", kinds=kinds))["added"]) == ["fed", "wojak"]
    told = await store.call("studio_project_read_v1", session=session)
    assert {kind: told.get(kind, []) for kind in kinds} == kinds
    with pytest.raises(StudioError):
        await other_store.call("studio_project_read_v1", session=session)
    with pytest.raises(BadInput, match="here already"):
        await store.call("studio_project_write_v1", kinds=kinds)
    await with_files(other_store, kinds)
    with pytest.raises(BadInput, match="Somebody else"):
        await other_store.call("studio_project_write_v1", kinds=kinds)


async def test_rows_of_another_owner_or_session_are_not_let_in(store: Actor, other_store: Actor) -> None:
    session, kinds = golden()
    await with_files(store, kinds)
    foreign = {
        kind: [{**row, "owner": str(uuid4())} for row in held]
        for kind, held in kinds.items()
        if kind != "blobs"
    }
    await store.call("studio_project_write_v1", kinds=foreign)
    assert (await store.call("studio_project_read_v1", session=session))["takes"] == kinds["takes"]
    made = str(uuid4())
    into_the_first: dict[str, Any] = {kind: [] for kind in kinds} | {
        "sessions": [{**kinds["sessions"][0], "id": made}],
        "takes": [{**kinds["takes"][0], "id": str(uuid4()), "number": 9, "made_from": None}],
    }
    with pytest.raises(BadInput, match="rows of another session"):
        await store.call("studio_project_write_v1", kinds=into_the_first)
    with pytest.raises(StudioError):
        await store.call("studio_project_read_v1", session=made)


async def test_a_character_that_is_here_keeps_its_profile(store: Actor) -> None:
    _, kinds = golden()
    await with_files(store, kinds)
    fed = next(row for row in kinds["characters"] if row["id"] == "fed")
    profile = next(row for row in kinds["voice_profiles"] if row["character_id"] == "fed")["profile"]
    mine = {**profile, "speed": 1.1}
    members = [{"id": "fed", "facts": fed["facts"], "profile": mine}]
    await store.call("studio_character_add_v1", members=members)
    assert (await store.call("studio_project_write_v1", kinds=kinds))["added"] == ["wojak"]
    (held,) = await store.call("studio_profile_history_v1", speaker="fed")
    assert (held["active"], held["profile"]["speed"]) == (True, 1.1)
