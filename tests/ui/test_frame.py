"""The frame and the inbox under AppTest: no browser, no server."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.demo.play import LOG
from tests.ui.demo.sample import SESSION, ident

pytestmark = pytest.mark.usefixtures("one_scan")

FRAME = Path(__file__).with_name("demo") / "frame.py"


def app(place: str = "takes") -> AppTest:
    test = AppTest.from_file(str(FRAME), default_timeout=20)
    test.query_params["session"] = str(SESSION)
    test.run()
    return test.switch_page(str(FRAME.with_name("places") / f"{place}.py")).run()


def data(test: AppTest, name: str) -> dict:
    import json

    found = [
        part for part in test.get("bidi_component") if part.proto.component_name == f"viraltracker.{name}"
    ]
    assert len(found) == 1
    return json.loads(found[0].proto.json)


def write(test: AppTest, *events: dict, sender: str = "tab", epoch: str | None = None) -> AppTest:
    letter = {"sender": sender, "events": list(events)} | ({"epoch": epoch} if epoch else {})
    test.session_state["board"] = {"letter": letter}
    return test.run()


@pytest.fixture
def heard():
    start = len(LOG.wait(0))
    return lambda: LOG.wait(0)[start:]


def test_every_place_is_drawn() -> None:
    for place in ("sessions", "script", "takes", "episode", "voices", "agent", "activity"):
        test = app(place)
        assert not test.exception, place


def test_the_sidebar_links_carry_the_session() -> None:
    links = [link.proto for link in app().sidebar.get("page_link")]
    assert [link.label for link in links] == [
        "Sessions",
        "Script :gray[v4]",
        "Takes :gray[31 / 42]",
        "Episode :gray[12:40]",
        "Voices :gray[6]",
        "Agent",
        "Activity :gray[2 running]",
    ]
    assert {link.query_string for link in links} == {f"session={SESSION}"}


def test_without_a_session_its_places_are_not_offered() -> None:
    test = AppTest.from_file(str(FRAME), default_timeout=20).run()
    labels = [link.proto.label for link in test.sidebar.get("page_link")]
    assert labels == ["Sessions", "Voices :gray[6]", "Agent", "Activity :gray[2 running]"]


@pytest.mark.parametrize("session", ["", "nonsense", "../../x", "7a9b1c52"])
def test_a_broken_session_in_the_url_is_none(session: str) -> None:
    test = AppTest.from_file(str(FRAME), default_timeout=20)
    test.query_params["session"] = session
    assert not test.run().exception
    assert len(test.sidebar.get("page_link")) == 4


def test_an_event_is_read_once_and_receipted(heard) -> None:
    test = app()
    pick = {"n": 1, "kind": "pick", "beat": str(ident("02")), "take": str(ident("02-1"))}
    test = write(test, pick)
    assert len(heard()) == 1
    receipt = data(test, "board")["receipt"]
    assert (receipt["sender"], receipt["seen"]) == ("tab", 1)
    row = next(row for row in data(test, "board")["view"]["beats"] if row["id"] == str(ident("02")))
    assert row["selected"] == str(ident("02-1"))
    write(test, pick)  # the browser repeats what it thinks got lost
    assert len(heard()) == 1
    write(test, pick, {"n": 2, "kind": "fill"})
    assert [line[9:13] for line in heard()] == ["pick", "fill"]


def test_a_run_without_a_letter_forgets_nothing(heard) -> None:
    fill = {"n": 1, "kind": "fill"}
    test = write(app(), fill)
    test.session_state["board"] = {"letter": None}  # a trigger lasts for one run
    test.run()
    receipt = data(test, "board")["receipt"]
    assert (receipt["sender"], receipt["seen"]) == ("tab", 1)
    write(test, fill)  # the browser missed the receipt of the first run
    assert len(heard()) == 1


def test_a_new_tab_starts_to_count_again(heard) -> None:
    test = write(app(), {"n": 7, "kind": "fill"})
    write(test, {"n": 1, "kind": "cancel"}, sender="another")
    assert len(heard()) == 2


def test_letters_of_a_life_before_are_not_opened(heard) -> None:
    test = write(app(), {"n": 1, "kind": "fill"}, epoch="a server that was restarted")
    assert heard() == []
    epoch = data(test, "board")["receipt"]["epoch"]
    write(test, {"n": 1, "kind": "fill"}, epoch=epoch)
    assert len(heard()) == 1


@pytest.mark.parametrize(
    "letter", [None, 7, "x", {"events": None}, {"events": "abc"}, {"events": [1, {}, {"n": "1"}]}]
)
def test_a_letter_that_is_none_is_not_read(heard, letter: object) -> None:
    test = app()
    test.session_state["board"] = {"letter": letter}
    assert not test.run().exception
    assert heard() == []
