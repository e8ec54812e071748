"""The session that a producer finds on the first day: something to generate and hear."""

import anyio

from viraltracker.settings import resource
from viraltracker.studio.studio import Studio

__all__ = ["make_example"]


async def make_example(studio: Studio) -> None:
    """Make it where nothing was ever made."""
    for shelf in ("active", "archived", "trash"):
        if await studio.sessions.list(shelf, 1):
            return
    examples = sorted(resource("examples").glob("*.els"))
    if examples:
        els = await anyio.Path(examples[0]).read_text(encoding="utf-8")
        await studio.sessions.create(els, await studio.script_cast())
