"""Picks, stars, locks, notes and undo against a model; and two producers who edit one session at once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import anyio
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fog import SCRIPT
from tests.takes.conftest import CAST, Stage
from viraltracker.errors import Conflict, Locked
from viraltracker.takes import Revision, Session

# Hundreds of edits: over the other transport they take ten times as long and meet the same functions.
pytestmark = pytest.mark.parametrize("rows", ["psycopg"], indirect=True)

BEATS, TAKES = 2, 2
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("pick"), st.integers(0, BEATS - 1), st.one_of(st.none(), st.integers(0, TAKES - 1))
        ),
        st.tuples(st.just("star"), st.integers(0, BEATS * TAKES - 1), st.booleans()),
        st.tuples(
            st.just("take note"), st.integers(0, BEATS * TAKES - 1), st.sampled_from(["", "dry", "wet"])
        ),
        st.tuples(st.just("lock"), st.integers(0, BEATS - 1), st.booleans()),
        st.tuples(st.just("beat note"), st.integers(0, BEATS - 1), st.sampled_from(["", "loud"])),
        st.tuples(st.just("undo"), st.just(0), st.none()),
    ),
    max_size=12,
)


@dataclass
class Model:
    """What the marks should be: place -> value; and what undo takes back, newest last."""

    marks: dict[tuple[str, int], Any] = field(default_factory=dict)
    done: list[tuple[str, int, Any]] = field(default_factory=list)

    def set(self, kind: str, place: int, value: Any) -> None:
        before = self.marks.get((kind, place))
        if (before or None) != (value or None):  # what is so already takes no step
            self.done.append((kind, place, before))
        self.marks[(kind, place)] = value

    def undo(self) -> str | None:
        if not self.done:
            return None
        kind, place, before = self.done.pop()
        self.marks[(kind, place)] = before
        return kind

    def seen(self) -> dict[tuple[str, int], Any]:
        return {place: value for place, value in self.marks.items() if value}


def seen(session: Session) -> dict[tuple[str, int], Any]:
    """The same, as the session shows it; a pick is told by its take's number."""
    marks: dict[tuple[str, int], Any] = {}
    for index, beat in enumerate(session.beats[:BEATS]):
        marks[("pick", index)] = beat.picked and beat.picked.number
        marks[("lock", index)] = beat.locked
        marks[("beat note", index)] = beat.note
        for number, take in enumerate(beat.takes):
            marks[("star", index * TAKES + number)] = take.starred
            marks[("take note", index * TAKES + number)] = take.note
    return {place: value for place, value in marks.items() if value}


async def played(stage: Stage, session: Session, steps: list[tuple[str, int, Any]]) -> None:
    """Each step on the studio and on the model; after each both look the same."""
    model, choose = Model(), stage.choose
    takes = [take for beat in session.beats for take in beat.takes]
    for kind, place, value in steps:
        if kind == "undo":
            assert await choose.undo(session.id) == model.undo()
        elif kind == "pick":
            take = None if value is None else session.beats[place].takes[value]
            try:
                await choose.pick(session.id, {session.beats[place].id: take and take.id})
                assert not model.marks.get(("lock", place))
                model.set(kind, place, take and take.number)
            except Locked:
                assert model.marks.get(("lock", place))
        else:
            target = takes[place].id if kind in {"star", "take note"} else session.beats[place].id
            marked: dict[str, Callable[[UUID, Any], Any]] = {
                "star": choose.star,
                "take note": choose.note_take,
                "lock": choose.lock,
                "beat note": choose.note_beat,
            }
            await marked[kind](target, value)
            model.set(kind, place, value)
        assert seen(await stage.sessions.get(session.id)) == model.seen()


async def two_takes_each(stage: Stage) -> Session:
    session = await stage.filled()
    for beat_id in ("01_open", "02_reply"):
        session = await stage.another(session.id, beat_id, Revision())
    return session


@given(steps=STEPS)
@settings(max_examples=10)
async def test_every_edit_is_as_asked_and_undo_takes_back_just_the_last(
    stage: Stage, steps: list[tuple[str, int, Any]]
) -> None:
    session = await two_takes_each(stage)
    await played(stage, session, steps)


async def test_two_producers_lose_nothing_to_each_other(stage: Stage) -> None:
    session = await two_takes_each(stage)
    rounds = 20
    told: list[tuple[str, str]] = []

    async def writes(name: str) -> None:
        for number in range(rounds):
            saved = False
            while not saved:
                before = await stage.sessions.script(session.id)
                text = before.els.replace("[END_BEAT]", f"Line {name} {number}.\n[END_BEAT]", 1)
                try:
                    await stage.sessions.save_script(session.id, text, before.number, CAST)
                    saved = True
                except Conflict as conflict:
                    told.append((conflict.facts["theirs"], conflict.facts["yours"]))

    async def marks(index: int) -> None:
        beat = session.beats[index]
        for number in range(rounds):
            await stage.choose.pick(session.id, {beat.id: beat.takes[number % TAKES].id})
            await stage.choose.lock(beat.id, True)
            await stage.choose.lock(beat.id, False)
            await stage.generate.beats(session, [beat.beat_id])

    async with anyio.create_task_group() as tasks:
        for name in ("A", "B"):
            tasks.start_soon(writes, name)
        for index in range(BEATS):
            tasks.start_soon(marks, index)
    last = await stage.sessions.script(session.id)
    assert all(theirs != yours for theirs, yours in told)
    assert last.number == 1 + 2 * rounds
    assert all(f"Line {name} {number}." in last.els for name in "AB" for number in range(rounds))
    assert SCRIPT.splitlines()[0] in last.els
    async with await psycopg.AsyncConnection.connect(stage.admin_url) as connection:
        kept = await connection.execute("select action, count(*) from edits group by action order by action")
        assert await kept.fetchall() == [("lock", 4 * rounds), ("pick", 2 * rounds)]
