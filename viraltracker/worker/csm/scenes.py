"""Which of its lines before a voice hears, and how: in plain words and at its own pace. Knows no tensors."""

import math
from collections.abc import Callable, Sequence

from viraltracker.audio import stretched
from viraltracker.speech import Turn, latest
from viraltracker.worker.csm.asking import Said
from viraltracker.worker.csm.plain import plain
from viraltracker.worker.csm.shape import Shape

__all__ = ["as_said", "fitting"]


def fitting(
    turns: Sequence[Turn],
    seconds: float,
    positions: int,
    shape: Shape,
    ids: Callable[[str], tuple[int, ...]],
) -> tuple[Turn, ...]:
    """The latest whole lines of so many seconds at most that take no more than so many positions."""
    kept = latest([turn for turn in turns if turn.clip.length and plain(turn.text).text], seconds)
    needed = [len(ids(plain(turn.text).text)) + _frames(turn, shape) + 1 for turn in kept]
    first = next(at for at in range(len(kept) + 1) if sum(needed[at:]) <= max(0, positions))
    return kept[first:]


def as_said(turns: Sequence[Turn]) -> tuple[Said, ...]:
    """The lines as they were before the sound was stretched: heard slower, the next would be spoken so."""
    return tuple(Said(plain(turn.text).text, stretched(turn.clip, 1 / turn.speed).samples) for turn in turns)


def _frames(turn: Turn, shape: Shape) -> int:
    return math.ceil(turn.clip.length * turn.speed / shape.frame_samples) + 1
