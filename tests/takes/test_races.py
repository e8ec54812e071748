"""Two at once: whoever changes a session waits in one order, never in a ring, and both are told the truth."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import anyio
import psycopg
import pytest

from tests.jobs.conftest import until
from tests.takes.conftest import Stage
from viraltracker.errors import CapReached, Conflict
from viraltracker.speech import Price
from viraltracker.speech.tone import ToneEngine
from viraltracker.store import Seat
from viraltracker.takes import CastBook, Revision, Session

PAID = Price(usd_per_1000_chars=1.0, checked="2026-11-01")


class Holder:
    """Somebody's transaction that is under way, and a look at who waits for it."""

    def __init__(self, holding: psycopg.AsyncConnection, watching: psycopg.Connection) -> None:
        self.holding = holding
        self._watching = watching

    async def takes_hold_of(self, table: str, row: UUID) -> None:
        """Lock a row as a producer's call does; an error at once where somebody else holds it."""
        statement = f"select from {table} where id = %s for no key update nowait"
        await self.holding.execute(statement.encode(), (row,))

    async def is_waited_for(self) -> None:
        waiting = (
            "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        )
        await until(lambda: self._watching.execute(waiting).rowcount > 0)


@pytest.fixture
async def holder(admin_url: str) -> AsyncIterator[Holder]:
    async with await psycopg.AsyncConnection.connect(admin_url) as holding:
        with psycopg.connect(admin_url, autocommit=True) as watching:
            yield Holder(holding, watching)


async def started(stage: Stage, session: Session, beat_id: str) -> tuple[UUID, UUID, str]:
    """A take in a worker's hand: its id, the claim, its only part's key."""
    (take,) = (await stage.generate.beats(session, [beat_id])).takes
    claim = uuid4()
    held = await stage.records.call("studio_take_start_v1", take=take, claim=claim, lease_s=30.0)
    return take, claim, held["plan"]["segments"][0]["keys"][0]


async def begun(stage: Stage, take: UUID, claim: UUID, key: str, usd: float) -> str:
    answer = await stage.records.call(
        "studio_generation_begin_v1", take=take, claim=claim, ordinal=0, key=key, engine="tone", model=None,
        voice="alto", characters=10, usd=usd, timeout_s=60.0,
    )  # fmt: skip
    return str(answer["state"])


async def test_a_beat_is_marked_in_the_order_of_a_request(stage: Stage, holder: Holder) -> None:
    session = await stage.session()
    await holder.takes_hold_of("sessions", session.id)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stage.choose.lock, session.beats[0].id, True)
        await holder.is_waited_for()
        await holder.takes_hold_of("beats", session.beats[0].id)
        await holder.holding.commit()
    assert (await stage.sessions.get(session.id)).beats[0].locked


async def test_a_take_is_finished_in_the_order_of_a_request(stage: Stage, holder: Holder) -> None:
    session = await stage.session()
    (take,) = (await stage.generate.beats(session, ["02_reply"])).takes
    await holder.takes_hold_of("sessions", session.id)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stage.producer.make_take, stage.records, take, uuid4())
        await holder.is_waited_for()
        await holder.takes_hold_of("takes", take)
        await holder.holding.commit()
    assert (await stage.sessions.get(session.id)).beats[1].takes[0].status == "done"


async def test_of_two_saves_of_one_voice_at_once_the_second_is_a_conflict(
    stage: Stage, holder: Holder, owner: UUID
) -> None:
    book = CastBook(stage.records)
    member = (await book.members())[0]
    await holder.holding.execute(
        "select set_config('request.jwt.claims', %s, true)", (Seat(owner, owner).claims,)
    )
    await holder.holding.execute(
        "select studio_profile_save_v1(%s, 1, profile || '{\"speed\": 0.9}') from voice_profiles "
        "where character_id = %s and active and owner = %s",
        (member.character.id, member.character.id, owner),
    )
    refused: list[str] = []

    async def save() -> None:
        try:
            await book.switch_engine(member.character.id, "elevenlabs")
        except Conflict as conflict:
            refused.append(conflict.message)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(save)
        await holder.is_waited_for()
        await holder.holding.commit()
    assert len(refused) == 1
    assert member.character.id in refused[0]


async def test_calls_under_way_count_towards_the_cap(stage: Stage) -> None:
    stage.engine = ToneEngine(price=PAID)
    session = await stage.session()
    first = await started(stage, session, "01_open")
    second = await started(stage, session, "02_reply")
    await stage.sessions.cap(session.id, 0.05)
    assert await begun(stage, *first, usd=0.03) == "call"
    with pytest.raises(CapReached):
        await begun(stage, *second, usd=0.03)
    assert await begun(stage, *second, usd=0.01) == "call"


async def test_a_call_after_a_doubt_holds_the_cap_too(stage: Stage) -> None:
    stage.engine = ToneEngine(price=PAID)
    session = await stage.session()
    take, claim, key = await started(stage, session, "02_reply")
    assert await begun(stage, take, claim, key, usd=0.03) == "call"
    await stage.reopen_intent(key)
    await stage.sessions.cap(session.id, 0.01)
    assert await begun(stage, take, claim, key, usd=0.03) == "doubt"
    with pytest.raises(CapReached):
        await stage.records.call("studio_generation_call_v1", key=key, claim=claim, timeout_s=60.0)


async def test_a_cancel_of_named_takes_speaks_of_those_alone(stage: Stage) -> None:
    session = await stage.session()
    await started(stage, session, "01_open")
    (waiting,) = (await stage.generate.beats(session, ["02_reply"])).takes
    cancelled = await stage.generate.cancel(session.id, [waiting])
    assert (cancelled.dropped, cancelled.finishing) == (1, 0)
    everything = await stage.generate.cancel(session.id)
    assert (everything.dropped, everything.finishing) == (0, 1)


async def test_two_presses_for_a_stale_beat_are_one_take(stage: Stage) -> None:
    session = await stage.filled(pick=True)
    again = await stage.another(session.id, "02_reply", Revision())
    await stage.choose.pick(session.id, {again.beats[1].id: again.beats[1].takes[1].id})
    stage.profiles["wojak"] = stage.profiles["fed"]
    stale = await stage.sessions.get(session.id)
    first = await stage.generate.fill(stale)
    second = await stage.generate.fill(stale)
    assert len(first.takes) == 1
    assert (second.takes, second.already) == ((), first.takes)
