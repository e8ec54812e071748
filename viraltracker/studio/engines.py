"""Every engine that a studio speaks with, made as the settings say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from viraltracker.settings import Settings
from viraltracker.speech import Synthesizer
from viraltracker.speech.elevenlabs import ElevenLabsEngine
from viraltracker.speech.espeak import EspeakEngine
from viraltracker.speech.openai import OpenAiEngine
from viraltracker.speech.worker import Access, Fleet, Links, WorkerEngine, finder_over

__all__ = ["make_engines", "voice_workers"]


def make_engines(settings: Settings) -> dict[str, Synthesizer]:
    """The engines of a studio by name; whoever makes them closes them. A speech server counts where set."""
    engines: dict[str, Synthesizer] = {
        "espeak": EspeakEngine(),
        "elevenlabs": ElevenLabsEngine(
            settings.elevenlabs_api_key,
            base_url=settings.elevenlabs_base_url,
            concurrency=settings.elevenlabs_concurrency,
        ),
        "worker": _worker_engine(settings),
    }
    if settings.speech_url is not None:
        engines["openai"] = OpenAiEngine(settings.speech_url, settings.speech_key)
    return engines


@asynccontextmanager
async def voice_workers(settings: Settings) -> AsyncIterator[Fleet]:
    """The voice workers that the settings name, without the rest of a studio."""
    engine = _worker_engine(settings)
    try:
        yield Fleet(engine)
    finally:
        await engine.aclose()


def _worker_engine(settings: Settings) -> WorkerEngine:
    authority = settings.worker_authority.read_bytes() if settings.worker_authority else None
    links = Links(Access(settings.worker_token, authority))
    # The usual address is nobody's wish: beside a registry only a list that was set counts.
    wanted = settings.redis_url is None or "workers" in settings.model_fields_set
    listed = [address for address in settings.workers.split(",") if address and wanted]
    return WorkerEngine(finder_over(links, listed, settings.redis_url), links)
