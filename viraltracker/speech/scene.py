"""What a voice said before in its scene, for engines that listen to it. Pure; knows no engine and no beat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from viraltracker.audio import Clip

__all__ = ["CONTINUITY", "MOST_CONTINUITY_S", "Turn", "latest"]

CONTINUITY: Final = "continuity_s"
"""The knob of engines that listen: of so many seconds at most; 0, where it isn't set, is nothing."""
MOST_CONTINUITY_S: Final = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """A line that was said, at `speed` times the voice's own pace."""

    text: str
    clip: Clip
    speed: float = 1.0

    @property
    def seconds(self) -> float:
        """How long it is at the voice's own pace."""
        return self.clip.length * self.speed / self.clip.rate_hz


def latest(turns: Sequence[Turn], seconds: float) -> tuple[Turn, ...]:
    """The last of them that take no more than so long together, each whole, in their order."""
    kept: list[Turn] = []
    for turn in reversed(turns):
        seconds -= turn.seconds
        if seconds < 0:
            break
        kept.append(turn)
    return tuple(reversed(kept))
