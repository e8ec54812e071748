"""A speech server of one's own on the command line: set by its address, it is an engine like the others."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from tests.cli.conftest import Command, commanding
from tests.speech.openai_server import OpenAiServer


@pytest.fixture
def server() -> Iterator[OpenAiServer]:
    """Kokoro-FastAPI, as far as its answers go."""
    with OpenAiServer() as running:
        yield running


@pytest.fixture
def listening(settings: dict[str, str], server: OpenAiServer) -> Command:
    """The command of a studio that knows the server."""
    return commanding({**settings, "VIRALTRACKER_SPEECH_URL": server.url})


def test_an_episode_is_spoken_by_a_server_of_ones_own(
    listening: Command, server: OpenAiServer, script: Path, tmp_path: Path
) -> None:
    for character, voice in {"fed": "am_adam", "wojak": "bf_emma"}.items():
        assert listening("voices", "set", character, "--engine", "openai", "--voice", voice).code == 0
        assert listening("voices", "set", character, "--engine", "espeak").code == 0
    tried = len(server.spoken)
    out = tmp_path / "fog.mp3"
    said = listening("render", script, "--out", out, "--engine", "openai", "--json")
    assert said.code == 0, said.err
    assert (said.json["takes"], said.json["generations_made"], said.json["cost"]) == (2, 3, 0)
    assert soundfile.info(out).frames > 0
    asked = [(one.body["voice"], one.body["input"]) for one in server.spoken[tried:]]
    assert ("bf_emma", "No no no, my whole lunch is out there!") in asked
    assert {voice for voice, _ in asked} == {"am_adam", "bf_emma"}
    again = listening("render", script, "--out", out, "--engine", "openai", "--json")
    assert (again.json["generations_made"], again.json["cost"]) == (0, 0)
    assert len(server.spoken) == tried + 3


def test_its_voices_are_listed_with_the_model_to_give(listening: Command, server: OpenAiServer) -> None:
    told = {each["engine"]: each for each in listening("voices", "engines", "--voices", "--json").json}
    assert told["openai"]["ready"]
    assert [voice["id"] for voice in told["openai"]["voices"]] == server.voices
    server.flavour, server.models = "speaches", ["a/kokoro", "b/piper"]
    assert "af_bella  af_bella  --model b/piper" in listening("voices", "engines", "--voices").out
    arguments = ("voices", "set", "fed", "--engine", "openai", "--voice", "af_bella", "--model")
    assert listening(*arguments, "b/piper").code == 0
    assert server.spoken[-1].body["model"] == "b/piper"
    said = listening(*arguments, "whisper")
    assert (said.code, "Unsupported model: whisper" in said.err) == (2, True)


def test_a_voice_that_it_has_not_is_refused_in_its_words(listening: Command) -> None:
    said = listening("voices", "set", "fed", "--engine", "openai", "--voice", "nobody")
    assert said.code == 2
    assert "Voice 'nobody' not found" in said.err


def test_the_doctor_warns_when_it_is_not_there(
    listening: Command, server: OpenAiServer, settings: dict[str, str]
) -> None:
    found = {each["what"]: each for each in listening("doctor", "--json").json}
    assert found["openai"]["state"] == "ok"
    server.key = "sk-test-0123456789abcdef"
    said = listening("doctor", "--json")
    found = {each["what"]: each for each in said.json}
    assert (said.code, found["openai"]["state"]) == (0, "warn")
    assert "VIRALTRACKER_SPEECH_KEY" in found["openai"]["note"]
    keyed = commanding(
        {**settings, "VIRALTRACKER_SPEECH_URL": server.url, "VIRALTRACKER_SPEECH_KEY": server.key}
    )
    assert {each["what"]: each["state"] for each in keyed("doctor", "--json").json}["openai"] == "ok"
    assert "openai" not in {each["what"] for each in commanding(settings)("doctor", "--json").json}
