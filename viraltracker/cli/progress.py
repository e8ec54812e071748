"""How far something is, on stderr: a bar on a terminal, elsewhere a line every few seconds.

Events of the workflow become such bars, and lines for what was no progress.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from viraltracker.cli.screen import say, warn
from viraltracker.units import clock

if TYPE_CHECKING:
    from viraltracker.workflow import Event

__all__ = ["Show", "Telling", "progress", "telling"]

Show = Callable[[float, float, str], None]
"""Told how much is done, of how much, and in words what is at hand."""

_LINE_EVERY_S = 3.0


@contextmanager
def progress(what: str, clock_s: Callable[[], float] = time.monotonic) -> Iterator[Show]:
    """Inside, a function that shows how far `what` is."""
    if not sys.stderr.isatty():
        yield _lines(what, clock_s)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[words]}", markup=False),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, words="")

        def show(done: float, total: float, words: str) -> None:
            bar.update(task, completed=done, total=total, words=words)

        yield show


class Telling:
    """Shows events: progress as one bar at a time, all else as a line. `takes` is how many were waited for.

    Failed takes are not shown: the command's error lists them at the end.
    """

    def __init__(self) -> None:
        self.takes = 0
        self._bar = ExitStack()
        self._shown = ""
        self._show: Show | None = None

    def __call__(self, event: "Event") -> None:
        from viraltracker.workflow import ExportProgress, SessionReady, TakesDropped, TakesProgress, Warned

        match event:
            case TakesProgress():
                self.takes = event.total
                words = f"{event.done} of {event.total} takes"
                self._bar_of("Generating")(event.parts_done, event.parts, words)
            case ExportProgress():
                self._bar_of("Exporting")(event.share, 1.0, f"{event.share:.0%}")
            case SessionReady() | TakesDropped():
                self.close()
                say(event.words)
            case Warned():
                self.close()
                warn(event.words)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()
        self._show = None

    def _bar_of(self, what: str) -> Show:
        if self._show is None or self._shown != what:
            self._bar.close()
            self._show = self._bar.enter_context(progress(what))
            self._shown = what
        return self._show


@contextmanager
def telling() -> Iterator[Telling]:
    """Inside, what shows events; its bar is gone at the end."""
    tell = Telling()
    try:
        yield tell
    finally:
        tell.close()


def _lines(what: str, clock_s: Callable[[], float]) -> Show:
    began = clock_s()
    told_at = began

    def show(done: float, total: float, words: str) -> None:
        nonlocal told_at
        now = clock_s()
        if now - told_at < _LINE_EVERY_S:
            return
        told_at = now
        left = f", about {clock(round((now - began) * 1000 * (total - done) / done))} left" if done else ""
        say(f"{what}: {words}{left}")

    return show
