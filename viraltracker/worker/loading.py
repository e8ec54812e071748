"""One load: a pack becomes a model that has already spoken, and what it takes in memory is told."""

import os
from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Final

from viraltracker.errors import SpeechError, StudioError
from viraltracker.worker.model import Line, Pack
from viraltracker.worker.ports import Family, Model

__all__ = ["load_model", "process_bytes"]

_MS_A_CHARACTER: Final = 65
_WORDS: Final = "ready "

_STATM: Final = Path("/proc/self/statm")


def process_bytes() -> int:
    """What this process has in memory now; 0 where the system doesn't tell."""
    try:
        pages = int(_STATM.read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


async def load_model(
    family: Family, pack: Pack, warm_up_ms: int, in_memory: Callable[[], int] = process_bytes
) -> tuple[Model, int]:
    """The model and its bytes. Where it can't tell them itself, by how much the process grew: one load at a
    time, or that is nonsense.

    A model that can't speak about `warm_up_ms` of audio is closed, and is a failed load. Raises what the
    family raises, where that is ours, else a `SpeechError`.
    """
    before = in_memory()
    try:
        async with AsyncExitStack() as unfinished:
            model = await family.load(pack)
            unfinished.push_async_callback(model.close)
            await _speak(model, warm_up_ms)
            unfinished.pop_all()
    except StudioError:
        raise
    except Exception as error:  # process edge: an engine's library may die in any way of its own
        raise SpeechError(
            f"{pack.id} can't be loaded: its engine failed with {type(error).__name__}. "
            "Install the pack again."
        ) from error
    return model, model.memory_bytes or max(0, in_memory() - before)


async def _speak(model: Model, span_ms: int) -> None:
    """Say something short and drop it: the first line of a fresh model costs several times the second."""
    chars = span_ms // _MS_A_CHARACTER
    if not chars:
        return
    text = (_WORDS * (chars // len(_WORDS) + 1))[:chars].strip()
    heard = 0
    async with aclosing(model.speak(Line(text))) as pieces:
        async for piece in pieces:
            heard += len(piece)
            if heard * 1000 >= span_ms * model.rate_hz:
                return
