"""Whose a studio is: a row per person under their own claims, and nothing of one's for another."""

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from tests.fog import SCRIPT
from viraltracker.errors import BadInput, Conflict, NotFound
from viraltracker.settings import Settings
from viraltracker.speech.tone import ToneEngine
from viraltracker.store import Hosted, LocalBlobs, Postgres
from viraltracker.studio import LOCAL_USER, Person, Stores, Studio, make_example
from viraltracker.voices import EngineVoice

ONE = Person("https://id.example.org", "subject-1", "one@example.org", "Producer One")
TWO = replace(ONE, subject="subject-2", email="two@example.org", name="Producer Two")


def test_issuer_and_subject_are_who_somebody_is() -> None:
    assert replace(ONE, email="new@example.org", name="").id == ONE.id
    assert len({ONE.id, TWO.id, replace(ONE, issuer="https://other.example.org").id, LOCAL_USER}) == 4
    assert Person("a", 'b", "c').id != Person('a", "b', "c").id
    assert [each.called for each in (ONE, replace(ONE, name=""), Person("i", "s"))] == [
        "Producer One",
        "one@example.org",
        "s",
    ]


@pytest.fixture
def studio(rows: Postgres | Hosted, data_folder: Path) -> Studio:
    """A studio that is the local user's."""
    stores = Stores(rows, LocalBlobs(data_folder))
    return Studio(Settings(data=data_folder), stores, {"tone": ToneEngine()})


async def test_a_person_is_noted_once_and_kept_up_to_date(studio: Studio, admin_url: str) -> None:
    theirs = studio.acting_for(ONE.id)
    assert [await theirs.sign_in(ONE), await theirs.sign_in(replace(ONE, name="P. One"))] == [True, False]
    assert await studio.acting_for(TWO.id).sign_in(TWO)
    with psycopg.connect(admin_url) as connection:
        found = connection.execute("select owner, subject, email, name from users order by 2").fetchall()
    assert found == [
        (ONE.id, "subject-1", "one@example.org", "P. One"),
        (TWO.id, "subject-2", "two@example.org", "Producer Two"),
    ]


async def test_nobody_takes_anothers_place(studio: Studio) -> None:
    assert await studio.acting_for(ONE.id).sign_in(ONE)
    with pytest.raises(Conflict):
        await studio.acting_for(ONE.id).sign_in(TWO)
    with pytest.raises(Conflict):
        await studio.acting_for(TWO.id).sign_in(ONE)
    with pytest.raises(BadInput):
        await studio.acting_for(TWO.id).sign_in(replace(TWO, issuer=""))


async def test_what_one_made_is_not_there_for_another(studio: Studio) -> None:
    one, two = studio.acting_for(ONE.id), studio.acting_for(TWO.id)
    assert studio.acting_for(ONE.id) is one is two.acting_for(ONE.id)
    assert two.acting_for(LOCAL_USER) is studio
    made = (await one.sessions.create(SCRIPT, await one.script_cast())).session
    assert (await one.sessions.get(made)).id == made
    for other in (two, studio):
        with pytest.raises(NotFound):
            await other.sessions.get(made)
        assert await other.sessions.list("active", 9) == ()
    member = await one.cast.member("fed")
    profile = replace(member.profile, engine="tone", voices={"tone": EngineVoice("alto")})
    sha256, _ = await one.audition(profile, "The fog has opinions.")
    assert (await two.audio_file(sha256, str(ONE.id))).is_file()
    for somebody in (TWO.id, LOCAL_USER):
        with pytest.raises(NotFound):
            await one.audio_file(sha256, str(somebody))


async def test_an_example_is_made_for_whoever_has_nothing(studio: Studio) -> None:
    one = studio.acting_for(ONE.id)
    await make_example(one)
    await make_example(one)
    assert len(await one.sessions.list("active", 9)) == 1
    assert await studio.sessions.list("active", 9) == ()
