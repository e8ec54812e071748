"""The voices and models that speech servers list, in the shapes they have, and what health says of them."""

from typing import Literal

import anyio
import pytest
from pydantic import SecretStr

from tests.speech.elevenlabs_faults import Drip, Fault, Flood, Hang, Status
from tests.speech.openai_server import OpenAiServer
from viraltracker.speech import SpeechRequest, VoiceInfo
from viraltracker.speech.openai import OpenAiEngine, SettingNames

Flavour = Literal["kokoro", "names", "speaches", "openai"]


@pytest.mark.parametrize(
    ("flavour", "models", "wanted"),
    [
        ("kokoro", ["tts-1", "kokoro"], [None]),
        ("names", ["tts-1"], [None]),
        ("names", [], [None]),
        ("names", ["Qwen/TTS"], ["Qwen/TTS"]),
        ("speaches", ["a/kokoro", "b/piper"], ["a/kokoro", "b/piper"]),
    ],
)
async def test_voices_come_with_the_model_that_speaks_them(
    speech_server: OpenAiServer,
    speaker: OpenAiEngine,
    flavour: Flavour,
    models: list[str],
    wanted: list[str | None],
) -> None:
    speech_server.flavour, speech_server.models = flavour, models
    voices = await speaker.voices()
    assert [(voice.id, voice.model) for voice in voices] == [
        (voice, model) for model in wanted for voice in speech_server.voices
    ]
    assert {voice.labels.get("language") for voice in voices} == {"en-us" if flavour == "speaches" else None}


async def test_a_server_without_a_list_takes_any_name(
    speech_server: OpenAiServer, speaker: OpenAiEngine
) -> None:
    speech_server.flavour, speech_server.voices = "openai", ["alloy"]
    assert await speaker.voices() == ()
    assert "lists no voices" in (await speaker.health()).note
    assert (await speaker.synthesize(SpeechRequest("Hello.", "alloy"))).clip.length > 0


@pytest.mark.parametrize(
    ("answer", "voices"),
    [
        ({"voices": ["a", "", 3, None, "a", "b\n", "x" * 300, ["c"], "b "]}, ["a", "b"]),
        ({"voices": [{"voice_id": "a"}, {"name": "b"}, {"id": 7}, {"id": "", "name": "c"}]}, ["a", "b", "c"]),
        (["a", {"id": "b", "description": "warm"}], ["a", "b"]),
        ({"data": [{"id": "a"}]}, ["a"]),
        ({"voices": {"a": {}}}, []),
        ("voices", []),
        (None, []),
        (7, []),
    ],
)
async def test_lists_are_read_in_any_shape_and_what_is_odd_is_left_out(
    speech_server: OpenAiServer, speaker: OpenAiEngine, answer: object, voices: list[str]
) -> None:
    speech_server.lists = {"/v1/audio/voices": (200, answer), "/v1/models": (404, {})}
    assert [voice.id for voice in await speaker.voices()] == voices


async def test_a_name_beside_the_id_is_shown(speech_server: OpenAiServer, speaker: OpenAiEngine) -> None:
    told = {"id": "v1", "name": "Ann", "description": "warm", "gender": "female", "accent": 3}
    speech_server.lists = {"/v1/audio/voices": (200, {"voices": [told]})}
    assert await speaker.voices() == (VoiceInfo("v1", "Ann", "warm", {"gender": "female"}),)


async def test_health_says_what_is_there(speech_server: OpenAiServer, speaker: OpenAiEngine) -> None:
    health = await speaker.health()
    assert (health.ready, health.needs) == (True, None)
    assert health.note == "127.0.0.1 answers · 3 voices · models tts-1, tts-1-hd, kokoro"
    speech_server.models += ["one-more"]
    assert (await speaker.health()).note.endswith("kokoro, …")


async def test_health_says_what_is_missing(speech_server: OpenAiServer) -> None:
    speech_server.key = "sk-test-0123456789abcdef"
    engine = OpenAiEngine(speech_server.url)
    health = await engine.health()
    assert (health.ready, health.needs) == (False, "VIRALTRACKER_SPEECH_KEY")
    assert "wants a key (No API key). Set VIRALTRACKER_SPEECH_KEY" in health.note
    await engine.aclose()
    elsewhere = OpenAiEngine(speech_server.url, SecretStr("wrong"), named=SettingNames("base_url", "TTS_KEY"))
    health = await elsewhere.health()
    assert (health.ready, health.needs) == (False, "TTS_KEY")
    assert "refused the key" in health.note
    await elsewhere.aclose()


@pytest.mark.parametrize(
    ("fault", "words"),
    [(Hang(), "in time"), (Drip(), "in time"), (Flood(), "has no end"), (Status(500), "status 500")],
    ids=["hang", "drip", "flood", "status"],
)
async def test_a_list_that_does_not_come_is_waited_for_no_longer_than_a_line(
    speech_server: OpenAiServer, fault: Fault, words: str
) -> None:
    speech_server.list_fault = fault
    late = words == "in time"
    engine = OpenAiEngine(speech_server.url, timeout_s=0.3 if late else 60)
    with anyio.fail_after(20):
        health = await engine.health()
    assert not health.ready
    assert words in health.note
    await engine.aclose()


async def test_a_page_that_answers_everything_is_no_speech_server(
    speech_server: OpenAiServer, speaker: OpenAiEngine
) -> None:
    speech_server.lists = {"/v1/models": (200, b"<html>Welcome</html>")}
    health = await speaker.health()
    assert not health.ready
    assert "no speech server" in health.note
    assert "VIRALTRACKER_SPEECH_URL" in health.note
