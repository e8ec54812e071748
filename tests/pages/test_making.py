"""The Takes page's one button: asked first, watched while it runs, stopped, and what came of it."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from streamlit.testing.v1 import AppTest

from tests.pages.conftest import Room, calm
from viraltracker.takes import Take
from viraltracker.ui.making import Making, let_go, make, making
from viraltracker.voices import EngineVoice


def texts(tab) -> list[str]:
    return [str(node.value) for kind in ("text", "warning", "error") for node in tab.get(kind)]


def keys(tab: AppTest) -> set[Any]:
    return {button.key for button in tab.button}


def run_of(session: UUID) -> Making:
    found = making(session)
    assert found is not None
    return found


def over(room: Room, session: UUID) -> None:
    """Have a job worker live until the session's run is over."""

    async def ended() -> bool:
        await room.studio.workers()
        return not run_of(session).under_way

    room.work(ended)


def takes(room: Room, session: UUID) -> list[Take]:
    return [take for beat in room.desk(session).session.beats for take in beat.takes]


def pressed(room: Room, session: UUID) -> AppTest:
    """The Takes page, its button pressed and Start as well."""
    tab = room.open("takes", session)
    tab.button(key="make").click().run()
    calm(tab).button(key="make-start").click().run()
    return calm(tab)


def test_the_button_says_what_will_be_made_before_anything_is(room: Room) -> None:
    session = room.write()
    tab = room.open("takes", session)
    tab.button(key="make").click().run()
    words = texts(calm(tab))
    assert "2 beats will be generated: 60 characters, free. Beats without a pick" in words[0]
    assert any(found.startswith("No job worker is running") for found in words)
    tab.run()  # drawn anew while takes come in: the dialog stays
    assert "make-start" in keys(tab)
    tab.button(key="make-close").click().run()
    assert "make-start" not in keys(calm(tab))
    assert (making(session), takes(room, session)) == (None, [])


def test_one_press_makes_the_episode(room: Room) -> None:
    session = room.write()
    tab = pressed(room, session)
    assert tab.button(key="make").disabled
    assert make(room.studio, session) is run_of(session)
    over(room, session)
    tab.run()
    (words,) = texts(calm(tab))
    assert words.startswith("The episode is made: 0:0")
    assert " LUFS, " in words
    assert not tab.button(key="make").disabled
    desk = room.desk(session)
    assert [export.status for export in desk.session.exports] == ["done"]
    tab.button(key="make-open").click().run()
    assert calm(tab).query_params["session"] in (str(session), [str(session)])
    back = room.open("takes", session)
    back.button(key="make-dismiss").click().run()
    assert texts(calm(back)) == []


def test_stop_drops_what_is_queued_and_the_next_press_goes_on(room: Room) -> None:
    session = room.write()
    tab = pressed(room, session)
    run = run_of(session)
    room.until(lambda: run.words == "Generating: 0 of 2 takes")
    tab.run()
    assert texts(calm(tab)) == [
        "Generating: 0 of 2 takes · no job worker is running: start one with `viraltracker worker`"
    ]
    tab.button(key="make-stop").click().run()
    room.until(lambda: not run.under_way)
    tab.run()
    assert texts(calm(tab))[0].startswith("2 queued takes were dropped, 0 under way finish")
    assert [take.status for take in takes(room, session)] == ["cancelled"] * 2
    pressed(room, session)
    over(room, session)
    assert run_of(session).words.startswith("The episode is made")


def test_what_is_impossible_can_not_be_started(room: Room) -> None:
    session = room.write()
    room.run(room.studio.cast.switch_engine("wojak", "elevenlabs"))
    tab = room.open("takes", session)
    tab.button(key="make").click().run()
    assert any("elevenlabs can't be used" in found for found in texts(calm(tab)))
    assert tab.button(key="make-start").disabled


def test_takes_that_fail_are_named_beat_by_beat(room: Room) -> None:
    session = room.write()
    member = room.run(room.studio.cast.member("wojak"))
    mute = replace(member.profile, voices={"espeak": EngineVoice("nobody")})
    room.run(room.studio.cast.save(mute, member.version))
    tab = pressed(room, session)
    over(room, session)
    tab.run()
    words, note = texts(calm(tab))
    assert words == "1 take could not be made, so there is no episode yet; all others are kept."
    assert note.startswith("02_reply take 1: ")
    assert "nobody" in note
    assert "make-open" not in keys(tab)


def test_a_studio_that_closes_leaves_in_the_queue_what_was_asked_for(room: Room) -> None:
    session = room.write()
    run = make(room.studio, session)
    room.until(lambda: run.words == "Generating: 0 of 2 takes")
    let_go()
    room.until(lambda: not run.under_way)
    assert [take.status for take in takes(room, session)] == ["queued"] * 2
    make(room.studio, session)
    over(room, session)
    assert run_of(session).words.startswith("The episode is made")
    assert [take.status for take in takes(room, session)] == ["done"] * 2
