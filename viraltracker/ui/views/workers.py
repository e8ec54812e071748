"""The voice workers on the Voices page: how each stands, and its models with what can be done with them."""

from dataclasses import dataclass

from viraltracker.ui.views.board import Action, Badge
from viraltracker.ui.views.cast import Heard

__all__ = ["ModelLine", "WorkerCard", "WorkersView"]


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A model of a worker. `about` is what it is, `now` how it stands there ("63 MB · 2 sessions").

    `waiting` is what is being done with it ("Loading…"). A `heard` test line has its own `words`: how long it
    took, how quickly it was made. `problem`: why the model is broken, or why what was asked didn't come.
    """

    id: str
    title: str
    badge: Badge
    about: str = ""
    now: str = ""
    actions: tuple[Action, ...] = ()
    waiting: str = ""
    heard: Heard | None = None
    words: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class WorkerCard:
    """A worker: where it answers, whether it does, how busy it is."""

    id: str
    name: str
    address: str
    badge: Badge
    now: str = ""
    models: tuple[ModelLine, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class WorkersView:
    """All workers. `line` is the test line to begin with; `nothing` what to say, and `command` to type."""

    workers: tuple[WorkerCard, ...] = ()
    line: str = ""
    nothing: str = ""
    command: str = ""
