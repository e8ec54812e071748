"""How far something is, on stderr: a bar on a terminal, elsewhere a line every few seconds."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from viraltracker.cli.screen import say
from viraltracker.units import clock

__all__ = ["Show", "progress"]

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
