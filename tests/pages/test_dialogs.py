"""What is asked for in dialogs, the test line of a voice, and the way from the timeline to a beat.

A whole run of the page closes a dialog, so each test opens it again in the run that presses a button in it.
"""

from typing import Any
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from tests.pages.conftest import SCRIPT, Room, calm, part, press, shown
from viraltracker.takes import Session, Shelf
from viraltracker.ui.literal import literal


def button(tab: AppTest, label: str) -> Button:
    return next(found for found in tab.button if found.label == label)


def toasts(tab: AppTest) -> list[str]:
    return [toast.value for toast in tab.toast]


def more(tab: AppTest, session: UUID) -> None:
    """Press the dots at a session's row."""
    press(tab, "sessions", {"kind": "clicked", "card": "sessions", "row": str(session), "action": "more"})


def on_shelf(room: Room, shelf: Shelf = "active") -> dict[str, Session]:
    return {session.title: session for session in room.run(room.studio.sessions.list(shelf))}


def cast(tab: AppTest) -> dict[str, dict[str, Any]]:
    return {card["character"]: card for card in part(tab, "cast")["cards"]}


def test_a_session_is_renamed_and_capped(room: Room) -> None:
    session = room.write()
    tab = room.open("sessions")
    more(tab, session)
    assert tab.text_input(key=f"title:{session}").value == "The Fog Ledger"
    assert button(tab, "Save").disabled
    tab.text_input(key=f"title:{session}").set_value("The Gull Ledger")
    tab.number_input(key=f"cap:{session}").set_value(5.0)
    more(tab, session)
    button(tab, "Save").click()
    more(tab, session)
    assert toasts(tab) == ["Saved."]
    assert {title: held.cap_usd for title, held in on_shelf(room).items()} == {"The Gull Ledger": 5.0}


def test_a_session_without_a_title_is_refused_in_words(room: Room) -> None:
    session = room.write()
    tab = room.open("sessions")
    more(tab, session)
    tab.text_input(key=f"title:{session}").set_value(" ")
    more(tab, session)
    button(tab, "Save").click()
    more(tab, session)
    assert "title" in shown(tab)
    assert list(on_shelf(room)) == ["The Fog Ledger"]


@pytest.mark.parametrize("picks", [True, False])
def test_a_session_is_copied_with_its_picks_or_without(room: Room, picks: bool) -> None:
    session = room.write()
    room.ask(session)
    room.made(session)
    picked = {beat.id: beat.takes[0].id for beat in room.desk(session).session.beats}
    room.run(room.studio.choose.pick(session, picked))
    tab = room.open("sessions")
    more(tab, session)
    tab.toggle(key=f"picks:{session}").set_value(picks)
    button(tab, "Duplicate").click()
    more(tab, session)
    assert toasts(tab) == ["Copied."]
    copy = room.run(room.studio.sessions.get(on_shelf(room)["The Fog Ledger (copy)"].id))
    assert [beat.picked is not None for beat in copy.beats] == [picks, picks]
    assert [beat.picked is not None for beat in room.desk(session).session.beats] == [True, True]


def test_a_session_is_called_completed_and_the_word_taken_back(room: Room) -> None:
    session = room.write()
    tab = room.open("sessions")
    more(tab, session)
    button(tab, "Completed").click()
    more(tab, session)
    assert "no picked take" in shown(tab)
    room.ask(session)
    room.made(session)
    first = room.desk(session).session.beats[0]
    room.run(room.studio.choose.pick(session, {first.id: first.takes[0].id}))
    button(tab, "Completed").click()
    more(tab, session)
    assert room.desk(session).standing.status == "completed"
    more(tab, session)
    button(tab, "Not completed").click()
    more(tab, session)
    assert room.desk(session).standing.status == "in_progress"


@pytest.mark.parametrize(
    ("label", "shelf", "back"), [("Archive", "archived", "unarchive"), ("Delete", "trash", "restore")]
)
def test_a_session_is_put_away_and_brought_back(room: Room, label: str, shelf: Shelf, back: str) -> None:
    session = room.write()
    tab = room.open("sessions")
    more(tab, session)
    button(tab, label).click()
    more(tab, session)
    assert (list(on_shelf(room)), list(on_shelf(room, shelf))) == ([], ["The Fog Ledger"])
    assert shelf.capitalize() in toasts(tab)[0]
    press(tab, "sessions", {"kind": "clicked", "card": "sessions", "row": str(session), "action": back})
    assert list(on_shelf(room)) == ["The Fog Ledger"]


def test_an_older_version_is_taken_back_into_the_editor(room: Room) -> None:
    session = room.write()
    newer = SCRIPT.replace("closed", "open")
    room.run(room.studio.sessions.save_script(session, newer, 1, room.run(room.studio.script_cast())))
    tab = room.open("script", session)
    button(tab, "Versions").click().run()
    assert tab.selectbox(key="version-chosen").value == 2
    assert calm(tab).code[0].value == "The same as in the editor."
    tab.selectbox(key="version-chosen").select(1)
    button(tab, "Versions").click().run()
    assert "-The harbour is closed." in calm(tab).code[0].value
    button(tab, "Put it into the editor").click()
    button(tab, "Versions").click().run()
    assert part(calm(tab), "editor")["text"] == SCRIPT
    assert button(tab, "Save version 3").disabled is False


def test_a_voice_of_before_is_taken_up_again(room: Room) -> None:
    tab = room.open("voices")
    press(tab, "cast", {"kind": "save", "character": "fed", "settings": {"speed": 0.9}})
    assert toasts(tab) == ["Saved for fed. Its takes are marked stale where they differ."]
    button(tab, "History").click().run()
    first, second = [line for line in shown(calm(tab)).splitlines() if line.startswith("Version")]
    assert first.startswith("Version 2")
    assert first.endswith("in use")
    assert second.endswith("speed 0.70 -> 0.90")
    tab.button(key="use:fed:1").click()
    button(tab, "History").click().run()
    assert toasts(calm(tab)) == ["fed speaks as in version 1 again."]
    assert room.run(room.studio.cast.member("fed")).profile.speed == 0.7


def test_a_character_is_added_to_speak_like_another(room: Room) -> None:
    tab = room.open("voices")
    button(tab, "Add a character").click().run()
    assert button(tab, "Add").disabled
    tab.text_input(key="new-character").set_value("Harbour Master")
    tab.text_input(key="new-aliases").set_value("harbourmaster, the master")
    tab.selectbox(key="new-like").select("boomer")
    button(tab, "Add a character").click().run()
    button(tab, "Add").click()
    button(tab, "Add a character").click().run()
    said = "harbour-master is in the cast: [CHARACTER: harbour-master] in a script."
    assert toasts(calm(tab)) == [literal(said)]
    assert cast(tab)["harbour-master"]["label"] == cast(tab)["boomer"]["label"]
    named = room.run(room.studio.script_cast()).names
    assert named["harbourmaster"] == "harbour-master"


def test_a_character_that_is_there_already_is_refused_in_words(room: Room) -> None:
    tab = room.open("voices")
    button(tab, "Add a character").click().run()
    tab.text_input(key="new-character").set_value("Fed")
    button(tab, "Add a character").click().run()
    button(tab, "Add").click()
    button(tab, "Add a character").click().run()
    assert "fed" in shown(calm(tab))
    assert len(cast(tab)) == 6


def test_a_test_line_is_spoken_with_the_sliders_as_they_stand(room: Room) -> None:
    tab = room.open("voices")
    line = {"kind": "test", "character": "wojak", "line": "No no no."}
    press(tab, "cast", {**line, "settings": {"speed": 1.2}})
    quick = cast(tab)["wojak"]["heard"]
    press(tab, "cast", {**line, "settings": {"speed": 0.7}})
    slow = cast(tab)["wojak"]["heard"]
    assert quick["url"].startswith("/audio/")
    assert slow["duration_ms"] > quick["duration_ms"] * 1.2
    assert slow["nonce"] != quick["nonce"]
    assert room.run(room.studio.cast.member("wojak")).version == 1


def test_a_test_line_that_can_not_be_spoken_says_why(room: Room) -> None:
    room.run(room.studio.cast.switch_engine("fed", "elevenlabs"))
    tab = room.open("voices")
    press(tab, "cast", {"kind": "test", "character": "fed", "line": "Closed.", "settings": {}})
    assert "ELEVENLABS_API_KEY" in cast(tab)["fed"]["problem"]
    press(tab, "cast", {"kind": "test", "character": "boomer", "line": "  ", "settings": {}})
    assert cast(tab)["boomer"]["problem"] == "There is no line to speak. Type one."


def test_a_clip_of_the_timeline_leads_to_the_board(room: Room) -> None:
    session = room.write()
    tab = room.open("episode", session)
    beat = room.desk(session).session.beats[1]
    press(tab, "timeline", {"kind": "beat", "beat": str(beat.id)})
    assert part(tab, "board")["session"] == str(session)
