"""A take is made once and paid for once, whatever happens in between."""

from uuid import uuid4

import pytest

from tests.takes.conftest import CAST, Stage, profile
from viraltracker.audio import decode
from viraltracker.errors import NonsenseAnswer, OutcomeUnknown, ProviderDown, Refused, StudioError
from viraltracker.speech import Price, SpeechRequest
from viraltracker.speech.tone import ToneEngine
from viraltracker.takes import Revision, Session
from viraltracker.takes.keys import part_requests

PAID = Price(usd_per_1000_chars=1.0, checked="2026-11-01")


async def spent(stage: Stage, session: Session) -> list[tuple[str, int]]:
    sums = (await stage.records.call("studio_ledger_v1", session=session.id))["sums"]
    return [(line["kind"], line["lines"]) for line in sums]


async def test_a_take_holds_its_audio_its_judgement_and_its_receipt(stage: Stage) -> None:
    session = await stage.filled()
    first = session.beats[0].takes[0]
    assert first.status == "done"
    assert first.audio_sha256 is not None
    clip = decode(await stage.blobs.get(first.audio_sha256))
    assert clip.duration_ms == first.duration_ms
    spoken = sum(len(segment.text) for segment in first.plan.segments) * 65
    assert clip.duration_ms == pytest.approx(spoken + 150, abs=2)
    assert first.judgement is not None
    assert first.peaks
    assert [beat.beat_id for beat in session.beats if beat.takes] == ["01_open", "02_reply"]
    assert await spent(stage, session) == [("actual", 3), ("estimate", 3)]


async def test_the_same_line_is_never_made_twice(stage: Stage) -> None:
    await stage.filled()
    made = stage.engine.calls
    again = await stage.filled()
    assert stage.engine.calls == made
    assert [take.reused for beat in again.beats for take in beat.takes] == [2, 1]
    assert [take.usd for beat in again.beats for take in beat.takes] == [None, None]


async def test_a_changed_pause_makes_a_new_take_of_the_same_generations(stage: Stage) -> None:
    session = await stage.filled()
    made = stage.engine.calls
    source = await stage.sessions.script(session.id)
    longer = source.els.replace("[PAUSE: beat]", "[PAUSE: 1s]")
    await stage.sessions.save_script(session.id, longer, source.number, CAST)
    changed = await stage.sessions.get(session.id)
    await stage.make(await stage.generate.fill(changed))
    takes = (await stage.sessions.get(session.id)).beats[0].takes
    assert stage.engine.calls == made
    assert takes[1].duration_ms == (takes[0].duration_ms or 0) + 850


@pytest.mark.parametrize("answers", [1, 0])
async def test_a_call_that_was_cut_off_is_adopted_from_the_history(stage: Stage, answers: int) -> None:
    failure = OutcomeUnknown() if answers else ProviderDown()
    stage.engine = ToneEngine(price=PAID, repeatable=False, failures=[failure])
    session = await stage.session()
    asked = await stage.generate.beats(session, ["02_reply"])
    (take,) = asked.takes
    with pytest.raises(StudioError):
        await stage.producer.make_take(stage.records, take, uuid4())
    waiting = (await stage.sessions.get(session.id)).beats[1].takes[0]
    assert (waiting.status, (waiting.waiting or {})["code"]) == ("queued", failure.code)
    await stage.age_intents()
    await stage.producer.make_take(stage.records, take, uuid4())
    assert stage.engine.calls == (1 if answers else 2)
    assert await spent(stage, session) == [("actual", 1), ("estimate", 1)]


async def test_an_ambiguous_history_asks_and_adopts_nothing(stage: Stage) -> None:
    stage.engine = ToneEngine(price=PAID, repeatable=False, failures=[OutcomeUnknown()])
    session = await stage.session()
    (take,) = (await stage.generate.beats(session, ["02_reply"])).takes
    with pytest.raises(OutcomeUnknown):
        await stage.producer.make_take(stage.records, take, uuid4())
    await stage.engine.synthesize(_request_of(session, stage))
    await stage.age_intents()
    calls = stage.engine.calls
    await stage.producer.make_take(stage.records, take, uuid4())
    failed = (await stage.sessions.get(session.id)).beats[1].takes[0]
    assert failed.status == "failed"
    assert "2 answers that fit" in (failed.error or {})["message"]
    assert stage.engine.calls == calls


async def test_a_sibling_take_in_the_history_is_not_adopted(stage: Stage) -> None:
    stage.engine = ToneEngine(price=PAID, repeatable=False, failures=[None, ProviderDown()])
    session = await stage.session()
    await stage.make(await stage.generate.beats(session, ["02_reply"]))
    session = await stage.sessions.get(session.id)
    (second,) = (await stage.generate.beats(session, ["02_reply"])).takes
    with pytest.raises(ProviderDown):
        await stage.producer.make_take(stage.records, second, uuid4())
    await stage.reopen_intent(stage.planner.plan(session.beats[1].content, attempt=1).keys[0])
    await stage.producer.make_take(stage.records, second, uuid4())
    takes = (await stage.sessions.get(session.id)).beats[1].takes
    assert stage.engine.calls == 3
    assert takes[0].audio_sha256 != takes[1].audio_sha256


async def test_a_final_failure_is_recorded_with_its_reason_and_charges_nothing(stage: Stage) -> None:
    stage.engine = ToneEngine(failures=[Refused("Not this word.")])
    session = await stage.filled()
    states = [
        (take.status, (take.error or {}).get("message")) for beat in session.beats for take in beat.takes
    ]
    assert states == [("failed", "Not this word."), ("done", None)]


async def test_a_useless_answer_that_was_charged_is_in_the_ledger(stage: Stage) -> None:
    stage.engine = ToneEngine(price=PAID, failures=[NonsenseAnswer("No audio.", charged_characters=38)])
    session = await stage.session()
    await stage.make(await stage.generate.beats(session, ["02_reply"]))
    failed = await stage.sessions.get(session.id)
    assert failed.beats[1].takes[0].status == "failed"
    assert failed.spent_usd == pytest.approx(0.038)


async def test_a_slow_worker_keeps_what_it_paid_for_but_cannot_finish_the_take(stage: Stage) -> None:
    session = await stage.session()
    (take,) = (await stage.generate.beats(session, ["02_reply"])).takes
    slow, quick = uuid4(), uuid4()
    started = await stage.records.call("studio_take_start_v1", take=take, claim=slow, lease_s=0.0)
    assert started["go"]
    await stage.producer.make_take(stage.records, take, quick)
    done = (await stage.sessions.get(session.id)).beats[1].takes[0]
    late = await stage.records.call(
        "studio_take_done_v1", take=take, claim=slow, audio_sha256="0" * 64, audio_bytes=1, duration_ms=1,
        lufs=None, judgement={"verdict": "clean", "findings": [], "expected_ms": 1}, peaks="",
    )  # fmt: skip
    assert late == {"kept": False}
    assert (await stage.sessions.get(session.id)).beats[1].takes[0] == done


async def test_two_claims_at_once_make_one_call(stage: Stage) -> None:
    session = await stage.session()
    (take,) = (await stage.generate.beats(session, ["02_reply"])).takes
    held = await stage.records.call("studio_take_start_v1", take=take, claim=uuid4(), lease_s=30.0)
    busy = await stage.records.call("studio_take_start_v1", take=take, claim=uuid4(), lease_s=30.0)
    assert held["go"]
    assert (busy["go"], busy["why"]) == (False, "busy")


async def test_a_cap_stops_before_the_call(stage: Stage) -> None:
    stage.engine = ToneEngine(price=PAID)
    session = await stage.session()
    (take,) = (await stage.generate.beats(session, ["02_reply"])).takes
    await stage.sessions.cap(session.id, 0.001)
    await stage.producer.make_take(stage.records, take, uuid4())
    stopped = (await stage.sessions.get(session.id)).beats[1].takes[0]
    assert (stopped.status, (stopped.error or {})["code"]) == ("failed", "CapReached")
    assert stage.engine.calls == 0


async def test_a_multi_voice_beat_is_spoken_by_each_in_turn(stage: Stage) -> None:
    two = """[META]
video_title: T
project: p
default_character: fed
[BEAT: 01_a]
name: A
---
One of us is lying here.
[CHARACTER: wojak]
It is not me, I swear it is not.
[END_BEAT]
"""
    session = await stage.filled(two)
    plan = session.beats[0].takes[0].plan
    assert [segment.voice for segment in plan.segments] == ["bass", "alto"]
    stage.profiles["wojak"] = profile("wojak", "tenor")
    revised = await stage.another(session.id, "01_a", Revision())
    assert stage.engine.calls == 3
    assert revised.beats[0].takes[1].reused == 1


def _request_of(session: Session, stage: Stage) -> SpeechRequest:
    plan = stage.planner.plan(session.beats[1].content)
    return part_requests(plan.segments[0])[0]
