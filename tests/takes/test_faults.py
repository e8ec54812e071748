"""What was bought survives: a database that goes away, a doubt that another clears, a disk that is full."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import psycopg
import pytest

from tests.takes.conftest import OpenSlots, Stage
from viraltracker.audio import Clip, decode, encode_wav
from viraltracker.errors import DiskFull, OutcomeUnknown, Refused, StoreDown
from viraltracker.speech import Price, Speech, SpeechRequest
from viraltracker.speech.tone import ToneEngine
from viraltracker.store import Actor, LocalBlobs
from viraltracker.takes import Producer

PAID = Price(usd_per_1000_chars=1.0, checked="2026-11-01")


class LosingRecords:
    """A line to the database on which some answers get lost, after the work was done or before."""

    def __init__(self, actor: Actor, function: str, losses: list[str]) -> None:
        self._actor, self._function, self._losses = actor, function, losses

    async def call(self, function: str, /, **arguments: Any) -> Any:
        loss = self._losses.pop(0) if function == self._function and self._losses else None
        if loss == "before":
            raise StoreDown
        answer = await self._actor.call(function, **arguments)
        if loss == "after":
            raise StoreDown
        return answer


async def test_an_answer_in_hand_outlives_the_database_and_is_charged_once(stage: Stage) -> None:
    stage.engine = ToneEngine(price=PAID)
    session = await stage.session()
    (take,) = (await stage.generate.beats(session, ["02_reply"])).takes
    losing = LosingRecords(stage.records, "studio_generation_done_v1", ["before", "after", "after"])
    await stage.producer.make_take(losing, take, uuid4())
    made = await stage.sessions.get(session.id)
    assert made.beats[1].takes[0].status == "done"
    assert stage.engine.calls == 1
    assert made.spent_usd == pytest.approx(0.038)


class Forgetful(LosingRecords):
    """Just before `function` the database crashes, once, and forgets that the take was begun."""

    def __init__(self, stage: Stage, function: str) -> None:
        super().__init__(stage.records, "", [])
        self._stage, self._forgets_at = stage, [function]

    async def call(self, function: str, /, **arguments: Any) -> Any:
        if function in self._forgets_at:
            self._forgets_at.clear()
            await self._stage.undo_start(arguments["take"])
        return await super().call(function, **arguments)


async def test_a_take_whose_start_a_crash_undid_is_made_all_the_same(stage: Stage) -> None:
    stage.engine = ToneEngine(price=PAID)
    session = await stage.session()
    (take,) = (await stage.generate.beats(session, ["02_reply"])).takes
    await stage.producer.make_take(Forgetful(stage, "studio_take_done_v1"), take, uuid4())
    made = await stage.sessions.get(session.id)
    assert made.beats[1].takes[0].status == "done"
    assert stage.engine.calls == 1
    assert made.spent_usd == pytest.approx(0.038)


async def test_a_take_whose_start_a_crash_undid_fails_all_the_same(stage: Stage) -> None:
    stage.engine = ToneEngine(price=PAID, failures=[Refused("No."), Refused("Still no.")])
    session = await stage.session()
    (take,) = (await stage.generate.beats(session, ["02_reply"])).takes
    await stage.producer.make_take(Forgetful(stage, "studio_take_failed_v1"), take, uuid4())
    failed = (await stage.sessions.get(session.id)).beats[1].takes[0]
    assert (failed.status, stage.engine.calls) == ("failed", 2)


class OneTakesOver(LosingRecords):
    """Before a doubt is cleared, another worker has it to clear."""

    def __init__(self, stage: Stage, key: str) -> None:
        super().__init__(stage.records, "", [])
        self._stage, self._key = stage, key
        self.taken_over = False

    async def call(self, function: str, /, **arguments: Any) -> Any:
        if function == "studio_generation_call_v1" and not self.taken_over:
            self.taken_over = True
            await self._stage.reopen_intent(self._key)
        return await super().call(function, **arguments)


async def test_a_doubt_that_another_clears_leaves_the_take_in_hand(stage: Stage) -> None:
    stage.engine = ToneEngine(price=PAID, failures=[OutcomeUnknown()])
    session = await stage.session()
    (take,) = (await stage.generate.beats(session, ["02_reply"])).takes
    with pytest.raises(OutcomeUnknown):
        await stage.producer.make_take(stage.records, take, uuid4())
    key = (await stage.sessions.get(session.id)).beats[1].takes[0].plan.keys[0]
    stage.engine = ToneEngine(price=PAID)  # its history is empty: there is nothing to adopt
    await stage.reopen_intent(key)
    records = OneTakesOver(stage, key)
    await stage.producer.make_take(records, take, uuid4())
    assert records.taken_over
    assert (await stage.sessions.get(session.id)).beats[1].takes[0].status == "done"


class AnothersAnswer(LosingRecords):
    """Just before an answer is written down, another worker's for the same key is."""

    def __init__(self, stage: Stage, payload: bytes) -> None:
        super().__init__(stage.records, "", [])
        self._stage, self._payload = stage, payload

    async def call(self, function: str, /, **arguments: Any) -> Any:
        if function == "studio_generation_done_v1":
            theirs = {
                "take": None,
                "payload_sha256": await self._stage.blobs.put(self._payload),
                "payload_bytes": len(self._payload),
                "request_id": "theirs",  # a call of its own, so a charge of its own
                "charge": {**arguments["charge"], "receipt": str(uuid4())},
            }
            await super().call(function, **{**arguments, **theirs})
        return await super().call(function, **arguments)


async def test_the_first_answer_for_a_line_is_what_its_take_is_made_of(stage: Stage) -> None:
    stage.engine = ToneEngine(price=PAID)
    session = await stage.session()
    (take,) = (await stage.generate.beats(session, ["02_reply"])).takes
    first = encode_wav(Clip(np.full(44_100, 0.25, dtype=np.float32), 44_100))
    await stage.producer.make_take(AnothersAnswer(stage, first), take, uuid4())
    made = await stage.sessions.get(session.id)
    done = made.beats[1].takes[0]
    assert (done.status, done.duration_ms) == ("done", 1000)
    heard = decode(await stage.blobs.get(done.audio_sha256 or ""))
    assert heard.samples[22_050] == pytest.approx(0.25, abs=1e-3)
    assert made.spent_usd == pytest.approx(0.038)  # what the other's call cost stands in its own session


class Soundless(ToneEngine):
    """Sells nothing at all, at the usual price."""

    async def synthesize(self, request: SpeechRequest) -> Speech:
        return replace(await super().synthesize(request), clip=Clip(np.zeros(0, dtype=np.float32), 44_100))


async def test_an_answer_without_sound_is_kept_all_the_same(stage: Stage) -> None:
    stage.engine = Soundless(price=PAID)
    session = await stage.session()
    await stage.make(await stage.generate.beats(session, ["02_reply"]))
    made = await stage.sessions.get(session.id)
    failed = made.beats[1].takes[0]
    assert (failed.status, (failed.error or {})["code"]) == ("failed", "NonsenseAnswer")
    assert made.spent_usd == pytest.approx(0.038)


class CountingSlots(OpenSlots):
    """How many are inside now."""

    inside = 0

    def hold(self, provider: str, limit: int | None, ttl_s: float) -> "CountingSlots":
        return self

    async def __aenter__(self) -> None:
        self.inside += 1

    async def __aexit__(self, *_: object) -> None:
        self.inside -= 1


async def test_nobody_waits_for_anothers_call_in_a_providers_slot(stage: Stage) -> None:
    stage.engine = ToneEngine(concurrency=1)
    session = await stage.session()
    (take,) = (await stage.generate.beats(session, ["02_reply"])).takes
    key = (await stage.sessions.get(session.id)).beats[1].takes[0].plan.keys[0]
    await stage.records.call(
        "studio_generation_begin_v1", take=None, claim=uuid4(), ordinal=0, key=key, engine="tone", model=None,
        voice="alto", characters=1, usd=0.0, timeout_s=600.0,
    )  # fmt: skip
    slots = CountingSlots()
    seen: list[int] = []

    async def sleep(_: float) -> None:
        seen.append(slots.inside)
        await stage.age_intents()

    await Producer(stage.engines, stage.blobs, slots, sleep).make_take(stage.records, take, uuid4())
    assert seen == [0]


class FullDisk(LocalBlobs):
    """A disk with no room."""

    def room_for(self, size_bytes: int) -> None:
        assert size_bytes > 100_000
        raise DiskFull


async def test_a_full_disk_stops_before_the_call(stage: Stage) -> None:
    stage.blobs = FullDisk(stage.blobs.folder.parent)
    session = await stage.filled()
    assert stage.engine.calls == 0
    errors = [(take.error or {})["code"] for beat in session.beats for take in beat.takes]
    assert errors == ["DiskFull", "DiskFull"]


async def test_a_history_whose_clock_is_behind_is_believed(stage: Stage) -> None:
    stage.engine = ToneEngine(price=PAID, failures=[OutcomeUnknown()])
    session = await stage.session()
    (take,) = (await stage.generate.beats(session, ["02_reply"])).takes
    with pytest.raises(OutcomeUnknown):
        await stage.producer.make_take(stage.records, take, uuid4())
    await stage.age_intents()
    await _intent_seems_later(stage, take)
    await stage.producer.make_take(stage.records, take, uuid4())
    assert stage.engine.calls == 1


async def _intent_seems_later(stage: Stage, take: UUID) -> None:
    async with await psycopg.AsyncConnection.connect(stage.admin_url, autocommit=True) as connection:
        await connection.execute("update generations set intent_at = intent_at + interval '90 s'")
