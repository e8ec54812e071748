"""One call from a script to a mastered episode: what it makes, what it doesn't make twice, what it keeps."""

from uuid import UUID

import psycopg
import pytest

from tests.fog import SCRIPT
from tests.workflow.conftest import Line
from viraltracker.errors import BadInput, Damaged, Denied, NotFound, ScriptRefused, Unpicked
from viraltracker.studio import LOCAL_USER
from viraltracker.takes import Session
from viraltracker.workflow import (
    ExportProgress,
    Failure,
    Order,
    SessionReady,
    TakeFailed,
    TakesProgress,
    Warned,
    plan_of_work,
)


async def held(line: Line, session: UUID) -> Session:
    return await line.studio.sessions.get(session)


def takes_of(session: Session) -> list[list[str]]:
    return [[take.status for take in beat.takes] for beat in session.script_beats]


async def test_a_script_becomes_an_episode_in_a_new_session(line: Line) -> None:
    outcome = await line.make(Order(SCRIPT))
    assert outcome.export is not None
    assert outcome.export.facts is not None
    assert outcome.export.facts["integrated_lufs"] == pytest.approx(-19, abs=0.3)
    assert line.studio.stores.folder.path(str(outcome.export.file_sha256)).stat().st_size > 5000
    assert (outcome.takes, outcome.generations_made, outcome.generations_reused) == (2, 3, 0)
    assert (outcome.usd, outcome.failures) == (0.0, ())
    assert line.told(SessionReady) == [f'New session "Fog", {outcome.session}.']
    assert line.told(TakesProgress)[-1] == "Generating: 2 of 2 takes"
    assert line.told(ExportProgress)[-1] == "Exporting: 100%"
    assert line.told(TakeFailed, Warned) == []


async def test_the_same_again_makes_nothing_twice(line: Line) -> None:
    first = await line.make(Order(SCRIPT))
    for order in (Order(SCRIPT), Order(None, first.session), Order(SCRIPT, first.session)):
        again = await line.make(order)
        assert (again.session, again.generations_made, again.generations_reused) == (first.session, 0, 3)
    assert line.engine.calls == 3
    assert line.told(SessionReady)[1:] == [f'Continuing session "Fog", {first.session}.'] * 3


async def test_another_text_is_saved_into_the_session_that_is_named(line: Line) -> None:
    first = await line.make(Order(SCRIPT))
    changed = SCRIPT.replace("whole lunch", "sandwich")
    planned = await plan_of_work(line.studio, Order(changed, first.session))
    assert (planned.session, planned.beats, planned.characters) == (first.session, ("02_reply",), 35)
    into = await line.make(Order(changed, first.session))
    assert (into.session, into.generations_made, into.generations_reused) == (first.session, 1, 2)
    picked = (await held(line, first.session)).script_beats[1].picked
    assert picked is not None
    assert picked.plan.segments[0].text == "No no no, my sandwich is out there!"
    alone = await line.make(Order(SCRIPT))
    assert alone.session != first.session


async def test_a_take_that_fails_is_told_and_the_others_are_kept(line: Line) -> None:
    line.engine.unsaid = {"lunch"}
    outcome = await line.make(Order(SCRIPT))
    failure = Failure("02_reply", 1, "Not this line.")
    assert (outcome.export, outcome.failures) == (None, (failure,))
    assert (outcome.takes, outcome.generations_made) == (1, 2)
    assert line.told(TakeFailed) == ["02_reply take 1: Not this line."]
    session = await held(line, outcome.session)
    assert takes_of(session) == [["done"], ["failed"], []]
    assert session.exports == ()

    line.engine.unsaid = set()
    planned = await plan_of_work(line.studio, Order(None, outcome.session))
    assert planned.beats == ("02_reply",)
    resumed = await line.make(Order(None, outcome.session))
    assert resumed.export is not None
    assert (resumed.generations_made, resumed.generations_reused, resumed.failures) == (1, 2, ())
    assert takes_of(await held(line, outcome.session)) == [["done"], ["failed", "done"], []]


async def test_what_failed_is_left_out_where_that_is_wanted(line: Line) -> None:
    line.engine.unsaid = {"lunch"}
    outcome = await line.make(Order(SCRIPT, leave_out=True))
    assert outcome.export is not None
    assert outcome.export.facts is not None
    assert [each["title"] for each in outcome.export.facts["timeline"]] == ["Fog Rolls In", "Nothing"]
    assert [failure.beat_id for failure in outcome.failures] == ["02_reply"]


async def test_a_beat_without_a_voice_is_refused_beforehand_or_left_out_with_a_word(line: Line) -> None:
    await line.mute("wojak")
    with pytest.raises(BadInput, match='"wojak" has no voice on tone'):
        await line.make(Order(SCRIPT))
    assert await line.studio.sessions.list() == ()
    outcome = await line.make(Order(SCRIPT, leave_out=True))
    assert outcome.export is not None
    assert [(each.beat_id, each.take) for each in outcome.failures] == [("02_reply", None)]
    assert line.told(TakeFailed)[0].startswith('02_reply: Beat 02_reply: "wojak" has no voice on tone')


@pytest.mark.parametrize(
    ("order", "error", "words"),
    [
        (Order(None), BadInput, "nothing to make an episode of"),
        (Order(None, UUID(int=7)), NotFound, "no such session"),
        (Order(SCRIPT, engine="abacus"), BadInput, 'no engine "abacus". The engines: tone.'),
        (Order(SCRIPT.replace("wojak", "wojack")), ScriptRefused, "wojack"),
    ],
)
async def test_what_is_impossible_is_refused_before_anything_is_written(
    line: Line, order: Order, error: type[BadInput], words: str
) -> None:
    for refused in (line.make(order), plan_of_work(line.studio, order)):
        with pytest.raises(error, match=words):
            await refused
    assert await line.studio.sessions.list() == ()


async def test_a_session_in_the_trash_is_refused(line: Line) -> None:
    outcome = await line.make(Order(SCRIPT))
    await line.studio.sessions.delete(outcome.session)
    with pytest.raises(BadInput, match="is in the trash"):
        await plan_of_work(line.studio, Order(None, outcome.session))


async def test_a_plan_says_what_would_be_made_and_writes_nothing(line: Line) -> None:
    planned = await plan_of_work(line.studio, Order(SCRIPT))
    assert (planned.session, planned.title, planned.beats) == (None, "Fog", ("01_open", "02_reply"))
    assert (planned.characters, planned.usd, planned.exact) == (86, 0.0, True)
    assert await line.studio.sessions.list() == ()


async def test_a_locked_beat_without_a_pick_keeps_the_episode_from_being_made(line: Line) -> None:
    session = await line.session()
    await line.studio.choose.lock(session.beats[1].id, True)
    with pytest.raises(Unpicked, match="02_reply"):
        await line.make(Order(None, session.id))
    assert takes_of(await held(line, session.id)) == [["done"], [], []]


async def test_a_pick_of_a_take_that_failed_its_judgement_is_warned_of(line: Line) -> None:
    first = await line.make(Order(SCRIPT))
    await line.voice("wojak", "tenor")  # the take is stale, and its beat is made again
    line.engine.broken_off = {"lunch"}
    again = await line.make(Order(None, first.session))
    assert again.export is not None
    (warning,) = line.told(Warned)
    assert warning.startswith("02_reply: too short")


async def test_an_export_that_fails_says_why(line: Line) -> None:
    first = await line.make(Order(SCRIPT))
    beat = (await held(line, first.session)).script_beats[0]
    assert beat.picked is not None
    line.studio.stores.folder.path(str(beat.picked.audio_sha256)).unlink()
    with pytest.raises(Damaged):
        await line.make(Order(None, first.session))


async def test_a_producers_yes_is_handed_on_and_used_up(line: Line, admin_url: str) -> None:
    session = (await line.session()).id
    with psycopg.connect(admin_url, autocommit=True) as connection:
        (approval,) = connection.execute(
            "insert into approvals (owner, tool, arguments, arguments_sha256, question, cap_usd, status, "
            "expires_at) values (%s, 'make_it', '{}', %s, '{}', 0, 'granted', now() + interval '1 h') "
            "returning id",
            (LOCAL_USER, "0" * 64),
        ).fetchall()[0]
    outcome = await line.make(Order(None, session, batch=approval))
    assert outcome.export is not None
    assert {take.batch for beat in (await held(line, session)).beats for take in beat.takes} == {approval}
    await line.voice("fed", "tenor")
    with pytest.raises(Denied, match="used"):
        await line.make(Order(None, session, batch=approval))
