"""The voice workers on the Voices page: how they stand, models loaded and tried, a character's new voice."""

import socket
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import Room, calm, part, press
from tests.worker.conftest import served
from viraltracker.errors import Denied
from viraltracker.ui.components.workers import ModelTended
from viraltracker.ui.show.workers import line_id
from viraltracker.ui.tending import tending_of
from viraltracker.voices import EngineVoice
from viraltracker.worker.families import EspeakFamily, ToneFamily
from viraltracker.worker.serve import Serving

PATIENCE = 200
DEFAULT = "worker:default\ttone/tone"


@pytest.fixture
def outside() -> Iterator[BlockingPortal]:
    """A loop that is not the studio's."""
    with start_blocking_portal("asyncio") as portal:
        yield portal


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch, outside: BlockingPortal) -> Iterator[Serving]:
    """A worker that the studio of the test is told of."""
    made = served(ToneFamily(), EspeakFamily(), name="gpu-box")
    with outside.wrap_async_context_manager(made) as running:
        monkeypatch.setenv("VIRALTRACKER_WORKERS", running.address)
        yield running


@pytest.fixture
def studio(worker: Serving, room: Room) -> Room:
    """The studio, made after the setting."""
    return room


def until(room: Room, tab: AppTest, true: Callable[[dict[str, Any]], object]) -> AppTest:
    """The page, looked at again until the workers' part is so."""
    for _ in range(PATIENCE):
        if true(part(tab, "workers")):
            return tab
        room.run(room.studio.workers())
        calm(tab.run())
    raise AssertionError(f"it never came: {part(tab, 'workers')}")


def opened(room: Room) -> AppTest:
    """The page, once the workers have answered."""
    return until(room, room.open("voices"), lambda view: "Looking" not in view.get("nothing", ""))


def test_nobody_who_signed_in_puts_out_what_others_speak_with(studio: Room) -> None:
    theirs = tending_of(studio.studio.acting_for(uuid4()))
    for action in ("load", "unload", "unload-idle"):
        with pytest.raises(Denied, match="serve everybody"):
            theirs.tend(ModelTended(model="any", action=action))


def model(tab: AppTest, title: str = "Tone") -> dict[str, Any]:
    models = [each for card in part(tab, "workers")["workers"] for each in card["models"]]
    return next(each for each in models if each["title"] == title)


def tend(room: Room, tab: AppTest, action: str, line: str = "") -> AppTest:
    """Do that with the tone, and look until it is done."""
    press(tab, "workers", {"kind": "tended", "model": model(tab)["id"], "action": action, "line": line})
    return until(room, tab, lambda _: "waiting" not in model(tab))


def choices(tab: AppTest) -> dict[str, str]:
    groups = part(tab, "cast")["voices"]
    group = next(each for each in groups if each["title"] == "Voice workers")
    return {choice["id"]: choice["label"] for choice in group.get("choices", ())}


def test_a_worker_and_its_models_are_shown_loaded_and_tried(studio: Room, worker: Serving) -> None:
    tab = opened(studio)
    (card,) = part(tab, "workers")["workers"]
    assert (card["name"], card["address"], card["badge"]["word"]) == ("gpu-box", worker.address, "ready")
    assert card["now"].endswith("places free")
    assert model(tab)["badge"]["word"] == "on disk"
    assert model(tab)["about"] == "tone/tone · en · MIT · consent: synthetic"
    assert [action["label"] for action in model(tab)["actions"]] == ["Say it", "Load"]
    assert (
        choices(tab)[DEFAULT] == "Tone: its first voice · tone/tone · its others are known once it is loaded"
    )

    tend(studio, tab, "load")
    until(studio, tab, lambda _: model(tab)["badge"]["word"] == "in memory")
    assert worker.residency.about("tone/tone").state == "resident"
    until(studio, tab, lambda _: len([each for each in choices(tab) if each.endswith("tone/tone")]) > 1)
    assert choices(tab)[DEFAULT] == "Tone: its first voice · tone/tone"

    tend(studio, tab, "say", "The fog has opinions.")
    heard = model(tab)
    assert heard["heard"]["url"].startswith("/audio/")
    assert heard["words"].startswith("took ")
    assert "faster than real time" in heard["words"]

    tend(studio, tab, "unload")
    until(studio, tab, lambda _: model(tab)["badge"]["word"] == "on disk")
    tend(studio, tab, "say", "   ")
    assert "no line to speak" in model(tab)["problem"]
    tend(studio, tab, "say", "Again.")
    assert "problem" not in model(tab)


def test_one_in_use_is_unloaded_when_it_is_idle(
    studio: Room, worker: Serving, outside: BlockingPortal
) -> None:
    with outside.wrap_async_context_manager(worker.residency.hold("tone/tone", load=True)):
        tab = opened(studio)
        assert "1 session" in model(tab)["now"]
        assert model(tab)["actions"][1]["label"] == "Unload when idle"
        tend(studio, tab, "unload")
        assert "in use by 1 session" in model(tab)["problem"]
        tend(studio, tab, "unload-idle")
        assert "problem" not in model(tab)
    until(studio, tab, lambda _: model(tab)["badge"]["word"] == "on disk")


def test_a_character_speaks_with_a_worker_and_the_take_says_which(studio: Room, worker: Serving) -> None:
    tab = opened(studio)
    for character in ("every-coon", "wojak"):
        press(tab, "cast", {"kind": "voice", "character": character, "voice": DEFAULT})
        profile = studio.run(studio.studio.cast.member(character)).profile
        assert (profile.engine, profile.voice) == ("worker", EngineVoice("default", "tone/tone"))
    session = studio.write()
    studio.ask(session)
    studio.made(session)
    lines = part(studio.open("takes", session), "board")["beats"]
    for line in lines:
        assert line["takes"][0]["made"].startswith("Take 1 spoken by gpu-box: ")
        assert "took " in line["takes"][0]["made"]
    take = studio.desk(session).session.beats[0].takes[0]
    assert take.made[0].engine == "worker"
    assert take.made[0].facts["worker"] == "gpu-box"


def test_knobs_that_do_not_fit_the_new_model_stay_behind(studio: Room) -> None:
    member = studio.run(studio.studio.cast.member("fed"))
    espeak = EngineVoice("default", "espeak/espeak-ng", {"pitch": 61.0})
    studio.run(
        studio.studio.cast.save(
            type(member.profile)("fed", "worker", {**member.profile.voices, "worker": espeak}), member.version
        )
    )
    tab = opened(studio)
    card = next(each for each in part(tab, "cast")["cards"] if each["character"] == "fed")
    dials = {dial["name"]: dial for dial in card["dials"]}
    assert (dials["pitch"]["value"], dials["rate_wpm"]["value"]) == (61.0, None)
    press(tab, "cast", {"kind": "save", "character": "fed", "settings": {"rate_wpm": 180, "pitch": None}})
    profile = studio.run(studio.studio.cast.member("fed")).profile
    assert profile.voice == EngineVoice("default", "espeak/espeak-ng", {"rate_wpm": 180.0})
    press(tab, "cast", {"kind": "voice", "character": "fed", "voice": DEFAULT})
    profile = studio.run(studio.studio.cast.member("fed")).profile
    assert profile.voice == EngineVoice("default", "tone/tone")


def test_one_that_hangs_has_no_answer_and_holds_up_no_page(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # it takes connections, and never says a word
        monkeypatch.setenv("VIRALTRACKER_WORKERS", f"127.0.0.1:{deaf.getsockname()[1]}")
        room: Room = request.getfixturevalue("room")
        tab = room.open("voices")
        assert part(tab, "workers")["nothing"] == "Looking for voice workers…"  # the page didn't wait
        notes = {row["id"]: row["cells"][1]["text"] for row in part(tab, "engines")["cards"][0]["rows"]}
        assert notes["worker"] == "It is being asked…"
        until(room, tab, lambda view: "workers" in view)
        (card,) = part(tab, "workers")["workers"]
        assert card["badge"]["word"] == "no answer"
        assert "in time" in card["problem"]


def test_a_click_on_one_that_went_in_that_moment_says_so(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, outside: BlockingPortal
) -> None:
    with outside.wrap_async_context_manager(served(ToneFamily(), name="gpu-box")) as going:
        monkeypatch.setenv("VIRALTRACKER_WORKERS", going.address)
        room: Room = request.getfixturevalue("room")
        tab = opened(room)
        id_ = model(tab)["id"]
    until(room, tab, lambda view: not view["workers"][0].get("models"))
    press(tab, "workers", {"kind": "tended", "model": id_, "action": "say", "line": "Still there?"})
    until(room, tab, lambda _: any("No voice worker is there" in str(toast.value) for toast in tab.toast))


def test_ids_that_no_worker_has_are_told(studio: Room, worker: Serving) -> None:
    tab = opened(studio)
    press(tab, "workers", {"kind": "tended", "model": "0" * 16, "action": "load"})
    assert any("not there any more" in str(toast.value) for toast in tab.toast)
    known = studio.run(studio.studio.fleet.standings())[0]
    assert model(tab)["id"] == line_id(known, "tone/tone")
