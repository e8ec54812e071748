"""An ElevenLabs and a speech server that answer on this machine, and an engine for each."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.speech.elevenlabs_server import ElevenLabsServer
from tests.speech.openai_server import OpenAiServer
from viraltracker.speech.elevenlabs import ElevenLabsEngine
from viraltracker.speech.openai import OpenAiEngine


@pytest.fixture
def server() -> Iterator[ElevenLabsServer]:
    """The provider."""
    with ElevenLabsServer() as running:
        yield running


@pytest.fixture
async def engine(server: ElevenLabsServer) -> AsyncIterator[ElevenLabsEngine]:
    """The studio's side; closed afterwards."""
    made = ElevenLabsEngine(server.key, base_url=server.base_url)
    yield made
    await made.aclose()


@pytest.fixture
def speech_server() -> Iterator[OpenAiServer]:
    """Kokoro-FastAPI, as far as its answers go."""
    with OpenAiServer() as running:
        yield running


@pytest.fixture
async def speaker(speech_server: OpenAiServer) -> AsyncIterator[OpenAiEngine]:
    """The studio's side of it; closed afterwards."""
    made = OpenAiEngine(speech_server.url)
    yield made
    await made.aclose()
