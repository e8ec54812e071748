"""A studio opened: its stores up, its engines made, both closed when it ends."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from viraltracker.settings import Settings
from viraltracker.speech import Synthesizer
from viraltracker.studio.engines import make_engines
from viraltracker.studio.stores import open_stores
from viraltracker.studio.studio import Studio

__all__ = ["open_studio"]


@asynccontextmanager
async def open_studio(
    settings: Settings, engines: Mapping[str, Synthesizer] | None = None
) -> AsyncIterator[Studio]:
    """The studio, its database up and migrated, until the block ends. `engines` replaces the usual ones."""
    async with AsyncExitStack() as stack:
        stores = await stack.enter_async_context(open_stores(settings))
        speaking = dict(engines) if engines is not None else make_engines(settings)
        for engine in speaking.values():
            stack.push_async_callback(engine.aclose)
        yield Studio(settings, stores, speaking)
