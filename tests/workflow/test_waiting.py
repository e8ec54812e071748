"""Waiting: for one's own takes and for others', not for ever, and what is dropped when it is broken off."""

from collections import Counter
from uuid import UUID

import anyio
import anyio.lowlevel

from tests.fog import SCRIPT
from tests.workflow.conftest import Line
from viraltracker.takes import Session
from viraltracker.workflow import (
    Event,
    Order,
    TakesDropped,
    complete_audio_workflow,
    export_ended,
    plan_of_work,
    takes_ended,
)

LONG = SCRIPT.partition("[BEAT")[0] + "".join(
    f"[BEAT: {n:02d}]\nname: N\n---\nLine number {n} of the storm.\n[END_BEAT]\n" for n in range(1, 13)
)


def statuses(session: Session) -> Counter[str]:
    return Counter(take.status for beat in session.beats for take in beat.takes)


async def asked(line: Line, session: Session) -> tuple[UUID, ...]:
    return (await (await line.studio.generate()).fill(session, pick=True)).takes


async def test_without_hands_somebody_elses_worker_works(line: Line) -> None:
    async with line.working():
        outcome = await complete_audio_workflow(line.studio, Order(SCRIPT), line.events.append, None)
    assert outcome.export is not None
    assert outcome.generations_made == 3


async def test_waiting_ends_when_its_time_is_over(line: Line) -> None:
    session = await line.session()
    wanted = await asked(line, session)
    for within_s in (0.0, 0.05):
        held = await takes_ended(line.studio, session.id, wanted, line.events.append, None, within_s=within_s)
        assert statuses(held) == {"queued": 2}
    async with line.working():
        await takes_ended(line.studio, session.id, wanted, line.events.append, None, within_s=60)
    done = await line.studio.sessions.get(session.id)
    assert statuses(done) == {"done": 2}
    export = (await line.studio.exports.request_mp3(done)).id
    row = await export_ended(line.studio, export, line.events.append, None, within_s=0)
    assert row.status == "queued"


async def test_broken_off_it_drops_what_is_queued_and_keeps_what_is_under_way(line: Line) -> None:
    line.engine.hold()
    session = await line.session(LONG)

    def tell(event: Event) -> None:
        line.events.append(event)
        if isinstance(event, TakesDropped):
            line.engine.gate.set()

    async with line.working():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(complete_audio_workflow, line.studio, Order(None, session.id), tell, None)
            await line.engine.begun.wait()
            tasks.cancel_scope.cancel()
        (words,) = line.told(TakesDropped)
        held = await line.studio.sessions.get(session.id)
        under_way = [take.id for beat in held.beats for take in beat.takes if take.status != "cancelled"]
        held = await takes_ended(line.studio, session.id, under_way, line.events.append, None, within_s=60)
    kept = statuses(held)["done"]
    assert 0 < kept < 12
    assert statuses(held) == {"done": kept, "cancelled": 12 - kept}
    assert words.startswith(f"{12 - kept} queued takes were dropped, {kept} under way finish")

    resumed = await line.make(Order(None, session.id))
    assert resumed.export is not None
    assert (resumed.generations_made, resumed.generations_reused) == (12 - kept, kept)


async def test_takes_that_somebody_else_asked_for_are_waited_for_and_not_made_twice(line: Line) -> None:
    session = await line.session()
    wanted = await asked(line, session)
    assert (await plan_of_work(line.studio, Order(None, session.id))).beats == ()
    outcome = await line.make(Order(None, session.id))
    assert outcome.export is not None
    assert line.engine.calls == 3
    held = await line.studio.sessions.get(session.id)
    assert {take.id for beat in held.beats for take in beat.takes} == set(wanted)


async def test_a_take_under_way_that_will_be_stale_is_no_reason_to_wait(line: Line) -> None:
    session = await line.session()
    await asked(line, session)
    await line.voice("wojak", "tenor")
    assert (await plan_of_work(line.studio, Order(None, session.id))).beats == ("02_reply",)
    outcome = await line.make(Order(None, session.id))
    assert outcome.export is not None
    picked = (await line.studio.sessions.get(session.id)).script_beats[1].picked
    assert picked is not None
    assert picked.plan.segments[0].voice == "tenor"
