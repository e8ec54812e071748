"""An ElevenLabs that answers on this machine, and an engine with its key."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.speech.elevenlabs_server import ElevenLabsServer
from viraltracker.speech.elevenlabs import ElevenLabsEngine


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
