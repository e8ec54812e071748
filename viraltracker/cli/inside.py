"""Commands inside an open studio: settings and logs set up once, signals that end work in good order."""

import signal
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import anyio
import click

from viraltracker.cli.screen import say

if TYPE_CHECKING:
    from viraltracker.settings import Settings
    from viraltracker.studio import Studio

__all__ = ["begin", "in_studio", "interruptible"]

T = TypeVar("T")
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def begin(*, lasting: bool = False) -> "Settings":
    """The settings, with logs going to stderr as they say. Raises `SettingsRefused`.

    A command that ends soon logs from warnings on, unless a level is set: its progress is what one looks at.
    `lasting` processes log as set.
    """
    from viraltracker.log import configure
    from viraltracker.settings import read_settings

    settings = read_settings()
    level = settings.log_level if lasting or "log_level" in settings.model_fields_set else "warning"
    configure(level, settings.log, settings.secrets())
    return settings


def in_studio(work: "Callable[[Studio], Awaitable[T]]") -> T:
    """Open the studio, do the work, close it. A signal cancels the work; the studio is closed even so."""
    settings = begin()

    async def inside() -> T:
        from viraltracker.studio import open_studio

        async with open_studio(settings) as studio:
            return await work(studio)

    return anyio.run(interruptible, inside)


async def interruptible(work: Callable[[], Awaitable[T]]) -> T:
    """The result of `work`, unless Ctrl-C or a request to end comes first: then it is cancelled.

    Raises click's `Exit` with 128 and the signal's number. A second signal ends the process at once.
    """
    stopped_by = 0
    results: list[T] = []

    async def watch(scope: anyio.CancelScope) -> None:
        nonlocal stopped_by
        with anyio.open_signal_receiver(*_STOPS) as signals:
            async for received in signals:
                stopped_by = received
                break
        # The receiver is gone: another signal has its usual, immediate effect.
        say("Stopping.")
        scope.cancel()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch, tasks.cancel_scope)
        results.append(await work())
        tasks.cancel_scope.cancel()
    if stopped_by:
        raise click.exceptions.Exit(128 + stopped_by)
    return results[0]
