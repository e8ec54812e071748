"""A speech server of one's own on the Voices page: its voices are offered, and one choice is all it takes."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.pages.conftest import Room, calm, part, press, shown
from tests.speech.openai_server import OpenAiServer
from viraltracker.ui.offers import offers_of
from viraltracker.voices import EngineVoice


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAiServer]:
    """A server that the studio of the test knows."""
    with OpenAiServer() as running:
        monkeypatch.setenv("VIRALTRACKER_SPEECH_URL", running.url)
        yield running


@pytest.fixture
def studio(server: OpenAiServer, room: Room) -> Room:
    """The studio, made after the setting."""
    return room


def group(tab: Any) -> dict[str, Any]:
    return next(each for each in part(tab, "cast")["voices"] if each["title"] == "OpenAI-compatible server")


def card(tab: Any, character: str) -> dict[str, Any]:
    return next(each for each in part(tab, "cast")["cards"] if each["character"] == character)


def test_one_choice_lets_a_character_speak_with_it(server: OpenAiServer, studio: Room) -> None:
    tab = studio.open("voices")
    offered = {choice["label"]: choice["id"] for choice in group(tab)["choices"]}
    assert list(offered) == server.voices
    press(tab, "cast", {"kind": "voice", "character": "fed", "voice": offered["am_adam"]})
    profile = studio.run(studio.studio.cast.member("fed")).profile
    assert (profile.engine, profile.voice) == ("openai", EngineVoice("am_adam"))
    shown_card = card(tab, "fed")
    assert shown_card["label"] == "OpenAI-compatible server · am_adam"
    assert shown_card["chosen"] == offered["am_adam"]
    assert shown_card["badge"]["word"] == "ready"
    press(tab, "cast", {"kind": "test", "character": "fed", "line": "Closed.", "settings": {"speed": 0.9}})
    assert card(tab, "fed")["heard"]["url"].startswith("/audio/")
    assert server.spoken[-1].body["speed"] == 0.9


def test_a_voice_with_a_model_of_its_own_brings_it_along(server: OpenAiServer, studio: Room) -> None:
    server.flavour, server.models = "speaches", ["a/kokoro", "b/piper"]
    tab = studio.open("voices")
    offered = {choice["label"]: choice["id"] for choice in group(tab)["choices"]}
    assert list(offered)[:4] == [
        "af_bella · a/kokoro",
        "am_adam · a/kokoro",
        "bf_emma · a/kokoro",
        "af_bella · b/piper",
    ]
    press(tab, "cast", {"kind": "voice", "character": "fed", "voice": offered["af_bella · b/piper"]})
    assert studio.run(studio.studio.cast.member("fed")).profile.voice == EngineVoice("af_bella", "b/piper")
    assert card(tab, "fed")["chosen"] == offered["af_bella · b/piper"]
    server.flavour, server.models = "kokoro", ["tts-1"]
    offers_of(studio.studio).forget("openai")  # the page remembers offers for a minute
    tab = studio.open("voices")
    press(tab, "cast", {"kind": "voice", "character": "fed", "voice": "openai:am_adam"})
    assert studio.run(studio.studio.cast.member("fed")).profile.voice == EngineVoice("am_adam")


def test_a_server_without_a_list_says_how_to_name_a_voice(server: OpenAiServer, studio: Room) -> None:
    server.flavour = "openai"
    assert "viraltracker voices set" in group(studio.open("voices"))["closed"]


def test_every_page_draws_with_it_and_without_its_answer(server: OpenAiServer, studio: Room) -> None:
    session = studio.write()
    for character, voice in {"every-coon": "af_bella", "wojak": "am_adam"}.items():
        member = studio.run(studio.studio.cast.member(character))
        voices = {**member.profile.voices, "openai": EngineVoice(voice)}
        profile = type(member.profile)(character, "openai", voices)
        studio.run(studio.studio.cast.save(profile, member.version))
    drafts = part(studio.open("takes", session), "board")["beats"]
    assert drafts[0]["generate"] == "Generate · 22 chars · free"
    studio.ask(session)
    studio.made(session)
    lines = part(studio.open("takes", session), "board")["beats"]
    assert [line["state"] for line in lines] == ["review", "review"]
    server.faults.clear()
    server.key = "sk-test-0123456789abcdef"
    offers_of(studio.studio).forget("openai")  # the page remembers offers for a minute
    for place in ("sessions", "script", "takes", "episode", "voices", "activity"):
        assert "Traceback" not in shown(calm(studio.open(place, session)))
    tab = studio.open("voices")
    assert "VIRALTRACKER_SPEECH_KEY" in group(tab)["closed"]
    assert card(tab, "wojak")["badge"]["word"] == "needs a key"
