"""Picking, starring, locking, noting: all of it undoable, none of it against the rules."""

from uuid import uuid4

import psycopg
import pytest

from tests.takes.conftest import Stage
from viraltracker.errors import BadInput, Locked, NotFound
from viraltracker.takes import Revision, Session, best_takes


async def two_takes(stage: Stage) -> Session:
    session = await stage.filled()
    return await stage.another(session.id, "02_reply", Revision(pace="fast"))


async def test_one_pick_a_beat_is_the_databases_own_rule(stage: Stage) -> None:
    session = await two_takes(stage)
    beat = session.beats[1]
    await stage.choose.pick(session.id, {beat.id: beat.takes[0].id})
    async with await psycopg.AsyncConnection.connect(stage.admin_url) as connection:
        with pytest.raises(psycopg.errors.UniqueViolation):
            await connection.execute(
                "insert into selections (beat, owner, take) select beat, owner, %s from selections",
                (beat.takes[1].id,),
            )


async def test_every_choice_can_be_undone_newest_first(stage: Stage) -> None:
    session = await two_takes(stage)
    beat = session.beats[1]
    first, second = beat.takes
    await stage.choose.pick(session.id, {beat.id: first.id})
    await stage.choose.pick(session.id, {beat.id: second.id})
    await stage.choose.star(second.id, True)
    await stage.choose.note_take(second.id, "louder gull")
    await stage.choose.note_beat(beat.id, "check the lunch")
    await stage.choose.lock(beat.id, True)
    seen = []
    for _ in range(7):
        now = (await stage.sessions.get(session.id)).beats[1]
        take = now.takes[1]
        seen.append(
            (now.locked, now.note, take.note, take.starred, now.picked.number if now.picked else None)
        )
        await stage.choose.undo(session.id)
    assert seen == [
        (True, "check the lunch", "louder gull", True, 2),
        (False, "check the lunch", "louder gull", True, 2),
        (False, "", "louder gull", True, 2),
        (False, "", "", True, 2),
        (False, "", "", False, 2),
        (False, "", "", False, 1),
        (False, "", "", False, None),
    ]
    assert await stage.choose.undo(session.id) is None


async def test_what_is_so_already_takes_no_step_to_undo(stage: Stage) -> None:
    session = await two_takes(stage)
    opening, beat, _ = session.beats
    first, second = beat.takes
    await stage.choose.star(second.id, False)
    await stage.choose.pick(session.id, {beat.id: None})
    assert await stage.choose.undo(session.id) is None
    for _ in range(2):
        await stage.choose.pick(session.id, {beat.id: first.id})
        await stage.choose.star(second.id, True)
        await stage.choose.note_take(second.id, "louder gull")
        await stage.choose.note_beat(beat.id, "check the lunch")
        await stage.choose.pick(session.id, {beat.id: first.id, opening.id: opening.takes[0].id})
        await stage.choose.lock(opening.id, True)
        await stage.choose.lock(opening.id, False)
    undone = [await stage.choose.undo(session.id) for _ in range(8)]
    assert undone == ["lock", "lock"] * 2 + ["pick", "beat note", "take note", "star"]
    assert await stage.choose.undo(session.id) == "pick"


async def test_a_pick_takes_back_only_the_beats_it_changed(stage: Stage) -> None:
    session = await two_takes(stage)
    opening, beat, _ = session.beats
    picks = {opening.id: opening.takes[0].id, beat.id: beat.takes[0].id}
    await stage.choose.pick(session.id, {beat.id: beat.takes[0].id})
    await stage.choose.pick(session.id, picks)
    await stage.choose.undo(session.id)
    opening, beat, _ = (await stage.sessions.get(session.id)).beats
    assert (opening.picked, beat.picked and beat.picked.number) == (None, 1)


async def test_a_bad_pick_among_good_ones_changes_nothing(stage: Stage) -> None:
    session = await two_takes(stage)
    opening, reply, _ = session.beats
    with pytest.raises(NotFound):
        await stage.choose.pick(session.id, {opening.id: opening.takes[0].id, reply.id: uuid4()})
    with pytest.raises(NotFound):
        await stage.choose.pick(session.id, {opening.id: reply.takes[0].id})
    await stage.choose.lock(reply.id, True)
    with pytest.raises(Locked, match="02_reply"):
        await stage.choose.pick(session.id, {opening.id: opening.takes[0].id, reply.id: None})
    assert all(beat.picked is None for beat in (await stage.sessions.get(session.id)).beats)


async def test_a_take_without_audio_cannot_be_picked(stage: Stage) -> None:
    session = await stage.session()
    (take,) = (await stage.generate.beats(session, ["02_reply"])).takes
    with pytest.raises(BadInput, match="no audio yet"):
        await stage.choose.pick(session.id, {session.beats[1].id: take})


async def test_the_best_take_is_starred_then_clean_then_newest(stage: Stage) -> None:
    session = await two_takes(stage)
    assert best_takes(session, stage.planner)[session.beats[1].id] == session.beats[1].takes[1].id
    await stage.choose.star(session.beats[1].takes[0].id, True)
    starred = await stage.sessions.get(session.id)
    assert best_takes(starred, stage.planner)[session.beats[1].id] == session.beats[1].takes[0].id


@pytest.mark.parametrize("note", ["x" * 2001, "a\x00b"])
async def test_bad_notes_are_refused(stage: Stage, note: str) -> None:
    session = await stage.session()
    with pytest.raises(BadInput):
        await stage.choose.note_beat(session.beats[0].id, note)
