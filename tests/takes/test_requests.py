"""What is asked for, what is not asked for twice, and what is left out with a word."""

from collections.abc import Mapping
from uuid import uuid4

import anyio
import pytest

from tests.fog import SCRIPT
from tests.takes.conftest import CAST, Stage, profile
from viraltracker.errors import BadInput, CapReached, Locked, NotFound
from viraltracker.speech import Price, Synthesizer
from viraltracker.speech.tone import ToneEngine
from viraltracker.takes import Revision, best_takes, gaps, session_standing, spoken_on
from viraltracker.voices import EngineVoice, VoiceProfile


async def test_filling_asks_for_what_is_missing_or_stale_and_nothing_else(stage: Stage) -> None:
    session = await stage.filled(pick=True)
    assert gaps(session, stage.planner) == ()
    stage.profiles["wojak"] = profile("wojak", "tenor")
    assert [beat.beat_id for beat in gaps(session, stage.planner)] == ["02_reply"]
    standing = session_standing(session, stage.planner).beats["02_reply"]
    assert (standing.state, standing.reasons) == ("stale", ("voice wojak: voice alto → tenor",))


async def test_a_fresh_take_beside_a_stale_pick_is_reviewed_and_not_made_again(stage: Stage) -> None:
    session = await stage.filled(pick=True)
    stage.profiles["wojak"] = profile("wojak", "tenor")
    await stage.make(await stage.generate.fill(session))
    held = await stage.sessions.get(session.id)
    assert session_standing(held, stage.planner).beats["02_reply"].state == "review"
    assert gaps(held, stage.planner) == ()
    assert best_takes(held, stage.planner) == {held.beats[1].id: held.beats[1].takes[1].id}


async def test_a_hundred_presses_are_one_job(stage: Stage) -> None:
    session = await stage.session()
    generate = stage.generate
    results = []

    # More at once than the pool has connections; a hundred would measure how long one waits for a turn.
    at_once = anyio.CapacityLimiter(20)

    async def press() -> None:
        async with at_once:
            results.append(await generate.beats(session, ["01_open"]))

    async with anyio.create_task_group() as presses:
        for _ in range(100):
            presses.start_soon(press)
    made = [take for result in results for take in result.takes]
    assert len(made) == 1
    assert {take for result in results for take in result.already} == set(made)


async def test_another_take_is_a_new_attempt_with_a_new_number(stage: Stage) -> None:
    session = await stage.filled()
    await stage.make(await stage.generate.beats(session, ["02_reply"]))
    takes = (await stage.sessions.get(session.id)).beats[1].takes
    assert [(take.number, take.plan.attempt) for take in takes] == [(1, 0), (2, 1)]
    assert takes[0].audio_sha256 != takes[1].audio_sha256


async def test_a_repeatable_engine_offers_a_changed_setting_instead(stage: Stage) -> None:
    stage.engine = ToneEngine(repeatable=True)
    session = await stage.filled()
    asked = await stage.generate.beats(session, ["02_reply"])
    assert asked.takes == ()
    assert "change a setting" in asked.left_out["02_reply"]
    with pytest.raises(BadInput, match="take 1 was made with just these settings"):
        await stage.generate.revise(session, "02_reply", Revision(), None)
    revised = await stage.another(session.id, "02_reply", Revision(pace="fast"))
    assert revised.beats[1].takes[1].revision == Revision(pace="fast")


async def test_a_stale_revised_take_is_made_again_with_its_own_revision(stage: Stage) -> None:
    session = await stage.filled()
    revised = await stage.another(session.id, "02_reply", Revision(pace="fast"))
    beat = revised.beats[1]
    await stage.choose.pick(session.id, {beat.id: beat.takes[1].id})
    await stage.sessions.save_script(session.id, SCRIPT.replace("lunch", "dinner"), 1, CAST)
    await stage.make(await stage.generate.fill(await stage.sessions.get(session.id)))
    newest = (await stage.sessions.get(session.id)).beats[1].takes[-1]
    assert newest.revision == Revision(pace="fast")
    assert "dinner" in newest.plan.segments[0].text


async def test_locked_silent_and_unknown_beats(stage: Stage) -> None:
    session = await stage.session()
    await stage.choose.lock(session.beats[0].id, True)
    locked = await stage.sessions.get(session.id)
    asked = await stage.generate.beats(locked, ["01_open", "02_reply", "03_silence"])
    assert asked.left_out == {"01_open": "locked", "03_silence": "nothing to say"}
    assert len(asked.takes) == 1
    with pytest.raises(Locked):
        await stage.generate.revise(locked, "01_open", Revision(pace="fast"), None)
    with pytest.raises(Locked, match="Beat 01_open is locked"):
        await stage.generate.beats(session, ["01_open"])
    with pytest.raises(NotFound, match="nowhere"):
        await stage.generate.beats(session, ["nowhere"])


async def test_a_cap_refuses_the_request_that_would_pass_it(stage: Stage) -> None:
    stage.engine = ToneEngine(price=Price(10.0, "2026-11-01"))
    session = await stage.session()
    cost = stage.generate.estimate(session.script_beats)
    assert (cost.beats, cost.exact) == (2, True)
    await stage.sessions.cap(session.id, cost.usd - 0.01)
    with pytest.raises(CapReached, match="Raise the cap"):
        await stage.generate.fill(session)
    assert all(not beat.takes for beat in (await stage.sessions.get(session.id)).beats)
    await stage.sessions.cap(session.id, cost.usd + 0.01)
    await stage.make(await stage.generate.fill(session))
    assert (await stage.sessions.get(session.id)).spent_usd == pytest.approx(cost.usd)


async def test_cancelling_drops_the_queue_and_keeps_what_is_under_way(stage: Stage) -> None:
    session = await stage.session()
    asked = await stage.generate.fill(session)
    await stage.records.call("studio_take_start_v1", take=asked.takes[0], claim=uuid4(), lease_s=30.0)
    cancelled = await stage.generate.cancel(session.id)
    assert (cancelled.dropped, cancelled.finishing) == (1, 1)
    states = [take.status for beat in (await stage.sessions.get(session.id)).beats for take in beat.takes]
    assert states == ["generating", "cancelled"]


async def test_generating_never_sticks_without_a_worker(stage: Stage) -> None:
    session = await stage.session()
    asked = await stage.generate.fill(session)
    await stage.records.call("studio_take_start_v1", take=asked.takes[0], claim=uuid4(), lease_s=0.0)
    dead = await stage.sessions.get(session.id)
    assert session_standing(dead, stage.planner, workers_live=True).status == "generating"
    assert session_standing(dead, stage.planner, workers_live=False).status == "draft"
    assert session_standing(dead, stage.planner).beats["01_open"].state == "queued"


async def test_status_follows_the_facts(stage: Stage) -> None:
    session = await stage.session()
    assert session_standing(session, stage.planner).status == "draft"
    await stage.make(await stage.generate.fill(session))
    made = await stage.sessions.get(session.id)
    assert session_standing(made, stage.planner).status == "in_progress"
    await stage.choose.pick(session.id, best_takes(made, stage.planner))
    assert session_standing(await stage.sessions.get(session.id), stage.planner).status == "completed"


class TwoVoiced(Stage):
    """A studio where every character has a voice on two engines."""

    other = ToneEngine(engine="other")

    @property
    def engines(self) -> Mapping[str, Synthesizer]:
        return {"tone": self.engine, "other": self.other}


@pytest.fixture
def two_voiced(stage: Stage) -> Stage:
    both = {"tone": EngineVoice("bass"), "other": EngineVoice("mezzo")}
    profiles = {name: VoiceProfile(name, "tone", both) for name in ("fed", "wojak")}
    return TwoVoiced(stage.records, stage.blobs, stage.engine, stage.admin_url, profiles)


async def test_another_engine_speaks_all_once_and_the_profiles_stay(two_voiced: Stage) -> None:
    session = await two_voiced.filled(pick=True)
    asked = await two_voiced.generate.fill(session, engine="other")
    assert len(asked.takes) == 2
    await two_voiced.make(asked)
    now = await two_voiced.sessions.get(session.id)
    assert [take.revision for beat in now.script_beats for take in beat.takes[1:]] == [
        Revision(engine="other")
    ] * 2
    # Both takes fit: one speaks as the profile says, the other as it was asked to.
    assert session_standing(now, two_voiced.planner).count("picked") == 3
    spoken = [spoken_on(beat, two_voiced.planner, "other") for beat in now.script_beats]
    assert [take.number if take else None for take in spoken] == [2, 2, None]
    assert gaps(now, two_voiced.planner, "other") == ()
    assert (await two_voiced.generate.fill(now, engine="other")).takes == ()


async def test_another_engine_leaves_locked_beats_and_makes_stale_ones_again(two_voiced: Stage) -> None:
    session = await two_voiced.filled(pick=True)
    await two_voiced.make(await two_voiced.generate.fill(session, engine="other"))
    await two_voiced.choose.lock(session.beats[0].id, True)
    both = {"tone": EngineVoice("bass"), "other": EngineVoice("soprano")}
    two_voiced.profiles.update({name: VoiceProfile(name, "tone", both) for name in ("fed", "wojak")})
    now = await two_voiced.sessions.get(session.id)
    assert [beat.beat_id for beat in gaps(now, two_voiced.planner, "other")] == ["02_reply"]
    assert gaps(now, two_voiced.planner) == ()


async def test_what_is_bought_already_costs_the_cap_nothing(stage: Stage) -> None:
    stage.engine = ToneEngine(price=Price(usd_per_1000_chars=1.0, checked="2026-11-01"))
    session = await stage.filled()
    await stage.sessions.cap(session.id, session.spent_usd)
    longer = SCRIPT.replace("[PAUSE: beat]", "[PAUSE: 1s]")
    await stage.sessions.save_script(session.id, longer, session.script_number, CAST)
    await stage.make(await stage.generate.fill(await stage.sessions.get(session.id)))
    remade = await stage.sessions.get(session.id)
    assert [take.status for take in remade.beats[0].takes] == ["done", "done"]
    assert remade.spent_usd == session.spent_usd


async def test_a_locked_beat_without_a_pick_completes_nothing(stage: Stage) -> None:
    session = await stage.filled(pick=True)
    await stage.choose.pick(session.id, {session.beats[1].id: None})
    await stage.choose.lock(session.beats[1].id, True)
    standing = session_standing(await stage.sessions.get(session.id), stage.planner)
    assert (standing.beats["02_reply"].state, standing.status) == ("locked", "in_progress")
