"""Episodes that are being made at a producer's press: one run a session, to be watched from every tab.

A run lives in the studio's loop and only asks and waits. What it asked for rests in the database and is made
by the job worker, so when this process dies nothing is lost, and another press goes on from there.
"""

import logging
import threading
from concurrent.futures import Future
from uuid import UUID

import anyio

from viraltracker.errors import StudioError
from viraltracker.studio import Studio
from viraltracker.ui.current import begin
from viraltracker.ui.show.making import outcome_words
from viraltracker.workflow import (
    Event,
    ExportProgress,
    Order,
    Outcome,
    TakeFailed,
    TakesDropped,
    TakesProgress,
    Warned,
    complete_audio_workflow,
)

__all__ = ["Making", "being_made", "dismiss", "let_go", "make", "making"]

_log = logging.getLogger(__name__)
_runs: dict[UUID, "Making"] = {}
# Pages are threads: of two presses at once one begins the run, and the other one gets it.
_one_at_a_time = threading.Lock()


class _LetGoError(Exception):
    """The studio closes: the run ends, and what it asked for stays in the queue."""


class Making:
    """One run, written in the studio's loop and read by pages.

    `words` say how far it is, or what came of it; `notes` are failed takes and warnings, a line each.
    """

    def __init__(self, studio: Studio, session: UUID) -> None:
        self.session = session
        self._studio = studio
        self.words = "Looking at what is missing"
        self.notes: tuple[str, ...] = ()
        self.outcome: Outcome | None = None
        self.under_way = True
        self._dropped = ""
        self._let_go = False
        self._task: Future[None] = begin(self._work)

    def stop(self) -> None:
        """Drop the takes that are still queued; what is under way finishes and is kept."""
        self._task.cancel()

    def let_go(self) -> None:
        """End at the next event, and leave in the queue what was asked for."""
        self._let_go = True

    async def _work(self) -> None:
        order = Order(None, session=self.session)
        try:
            self.outcome = await complete_audio_workflow(self._studio, order, self._tell, hands=None)
            self.words = outcome_words(self.outcome)
        except StudioError as error:
            self.words = error.message
        except anyio.get_cancelled_exc_class():
            self.words = self._dropped or "Stopped. What is under way finishes and is kept."
            raise
        except _LetGoError:
            self.words = "The studio was closed. Make the episode again to go on."
        except Exception:  # noqa: BLE001 - the process's edge: nobody waits for this task and would be told
            _log.exception("making.broke")
            self.words = "The studio met something that it has no name for. Nothing that was made is lost."
        finally:
            self.under_way = False

    def _tell(self, event: Event) -> None:
        if self._let_go:
            raise _LetGoError
        match event:
            case TakesProgress() | ExportProgress():
                self.words = event.words
            case TakesDropped():
                self._dropped = event.words
            case TakeFailed() | Warned():
                self.notes = (*self.notes, event.words)


def make(studio: Studio, session: UUID) -> Making:
    """Begin to make the session's episode; a run that is under way already is the answer to another press."""
    with _one_at_a_time:
        found = _runs.get(session)
        if found is None or not found.under_way:
            found = _runs[session] = Making(studio, session)
        return found


def making(session: UUID) -> Making | None:
    """The session's last run, under way or over, until it is dismissed."""
    return _runs.get(session)


def being_made(session: UUID) -> bool:
    """Whether a run is under way."""
    found = _runs.get(session)
    return found is not None and found.under_way


def dismiss(session: UUID) -> None:
    """What came of the run has been read."""
    _runs.pop(session, None)


def let_go() -> None:
    """The studio closes: no run waits any longer, and nothing is dropped."""
    for run in tuple(_runs.values()):
        run.let_go()
