"""What is told while an episode is made; each event has its `words` for people. Knows no studio."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

__all__ = [
    "Event",
    "ExportProgress",
    "Failure",
    "SessionReady",
    "TakeFailed",
    "TakesDropped",
    "TakesProgress",
    "Tell",
    "Warned",
]


@dataclass(frozen=True, slots=True)
class SessionReady:
    """The script is saved, and this is the session that it is in."""

    session: UUID
    title: str
    new: bool

    @property
    def words(self) -> str:
        """Which session it is."""
        return f'{"New" if self.new else "Continuing"} session "{self.title}", {self.session}.'


@dataclass(frozen=True, slots=True)
class TakesProgress:
    """How many of the takes have come to an end, well or not, and how many of their requests to engines."""

    done: int
    total: int
    parts_done: int
    parts: int

    @property
    def words(self) -> str:
        """How far it is."""
        return f"Generating: {self.done} of {self.total} takes"


@dataclass(frozen=True, slots=True)
class Failure:
    """A take without audio, and why. `take` None: not even one could be asked for."""

    beat_id: str
    take: int | None
    reason: str

    @property
    def words(self) -> str:
        """What failed, and why."""
        return f"{self.beat_id}{'' if self.take is None else f' take {self.take}'}: {self.reason}"


@dataclass(frozen=True, slots=True)
class TakeFailed(Failure):
    """A take has just failed; the others go on."""


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that a producer should know though the work goes on."""

    message: str

    @property
    def words(self) -> str:
        """The message."""
        return self.message


@dataclass(frozen=True, slots=True)
class TakesDropped(Warned):
    """The work was stopped: what became of the takes that were not made yet."""


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """How far the mastering is, 0..1."""

    share: float

    @property
    def words(self) -> str:
        """How far it is."""
        return f"Exporting: {self.share:.0%}"


Event = SessionReady | TakesProgress | TakeFailed | Warned | ExportProgress
Tell = Callable[[Event], None]
"""Is told what happens. What it raises ends the work where it stands, nothing dropped."""
