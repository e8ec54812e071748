"""Which of a line's attempts is heard, and whether another is worth it."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from viraltracker.worker.csm.endings import Ended

__all__ = ["MOST_ATTEMPTS", "Attempt", "best", "judged", "needs_another", "seed_of"]

MOST_ATTEMPTS: Final = 4
"""The line, and three times another seed."""
_GOOD_SCORE: Final = 0.6

_WORTH: Final[dict[Ended, float]] = {"eos": 1.0, "silence": 0.7, "repeats": 0.35, "cap": 0.25, "empty": 0.0}
"""Falling silent after all was said is nearly an end; running on is nearly always wrong words."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a line. `score`: 0 to 1, from how it ended and how its length fits its text."""

    seed: int
    frames: int
    ended: Ended
    score: float


def judged(seed: int, frames: int, ended: Ended, expected_frames: float) -> Attempt:
    """An attempt with its score. Half or double the expected length costs half of it."""
    if not frames:
        return Attempt(seed, 0, ended, 0.0)
    octaves = abs(math.log2(frames / max(1.0, expected_frames)))
    fit = 1.0 / (1.0 + octaves**3)  # a third off is nothing: people differ by as much
    return Attempt(seed, frames, ended, round(_WORTH[ended] * fit, 4))


def needs_another(attempts: Sequence[Attempt], most: int = MOST_ATTEMPTS) -> bool:
    """Whether none is good yet, and one more of `most` may be made."""
    return len(attempts) < most and all(attempt.score < _GOOD_SCORE for attempt in attempts)


def best(attempts: Sequence[Attempt]) -> int:
    """The number of the one to hear: the best score, the earliest of equals."""
    return max(range(len(attempts)), key=lambda at: (attempts[at].score, -at))


def seed_of(seed: int, attempt: int) -> int:
    """The seed of a line's attempt, 63 bits; of the first it is the line's own."""
    if attempt == 0:
        return seed & (2**63 - 1)
    digest = hashlib.blake2b(f"{seed}:{attempt}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1
