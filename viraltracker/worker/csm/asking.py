"""A line that is asked of the slot engine, and what comes back while it is spoken."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from viraltracker.audio import Floats
from viraltracker.errors import StudioError
from viraltracker.worker.csm.attempts import Attempt

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Ask", "Listener", "Report", "Said"]


@dataclass(frozen=True, slots=True)
class Report:
    """How a line came about: every attempt, and which of them is heard."""

    attempts: tuple[Attempt, ...]
    heard: int

    def facts(self) -> dict[str, str]:
        """In words, for whoever keeps the audio: the seed, how it ended, and every attempt's score."""
        chosen = self.attempts[self.heard]
        tries = "; ".join(
            f"seed {each.seed} {each.ended} {each.frames} frames {each.score:g}" for each in self.attempts
        )
        return {"seed": str(chosen.seed), "ended": chosen.ended, "attempts": tries}


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """A line of before, which a voice hears of itself: plain text, samples at the model's rate and pace."""

    text: str
    samples: Floats


class Listener(Protocol):
    """Who asked. Called from the device's thread, so it must not wait and not raise."""

    def audio(self, samples: Floats) -> None:
        """The next samples of the line, mono float32 in -1..1."""
        ...

    def done(self, report: Report) -> None:
        """All of it was given."""
        ...

    def failed(self, problem: StudioError) -> None:
        """No more will come."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """A line as the engine takes it.

    `ids`: the text with its marks. `voice`: the adapter's place. `heard`: keys and values of what was said
    before. `expected_frames`, `most_frames`: how long its text should take, and where it is cut off at last.
    `live`: somebody listens, so frames are given out as they come, and only an attempt of which nothing was
    heard can be made again.
    """

    ids: tuple[int, ...]
    expected_frames: float
    most_frames: int
    listener: Listener
    voice: int = 0
    heard: "Tensor | None" = None
    seed: int = 0
    temperature: float = 0.9
    top_k: int = 50
    live: bool = False
