"""`viraltracker worker`: a process that makes takes and exports, beside the studio or on another machine."""

import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import click

from viraltracker.cli.inside import begin
from viraltracker.cli.leash import ended, leash_option, wait_for_go
from viraltracker.cli.screen import say

__all__ = ["QUEUES", "until_told", "worker"]

QUEUES = ("cloud", "gpu", "cpu")


def _queue_names(_: click.Context, __: click.Parameter, given: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in given.split(",")))
    if unknown := [name for name in names if name not in QUEUES]:
        raise click.BadParameter(f"There is no queue {unknown[0]!r}. The queues are {', '.join(QUEUES)}.")
    return names


@click.command()
@click.option(
    "--queues",
    default=",".join(QUEUES),
    show_default=True,
    callback=_queue_names,
    help="Which queues to serve: cloud (paid engines), gpu, cpu (embedded engine and exports).",
)
@click.option(
    "--name", metavar="NAME", help="What the Activity page calls it; without it the machine's name."
)
@leash_option
def worker(queues: tuple[str, ...], name: str | None, leash: bool) -> None:
    """Be a job worker: make takes and exports until Ctrl-C or SIGTERM.

    Running jobs are finished first, for 30 seconds at most; another signal ends it at once, and another
    worker takes over what was left. A lost database is waited for. Start as many as you like, on any machine
    that reaches the database and the data folder.
    """
    settings = begin(lasting=True)
    from viraltracker.jobs import worker_config
    from viraltracker.studio import open_studio

    if leash:
        wait_for_go()

    async def work() -> None:
        async with until_told(leash) as stop, open_studio(settings) as studio:
            config = worker_config(name or socket.gethostname(), settings.worker_concurrency, queues)
            await studio.run_worker(stop, config.name, config)

    anyio.run(work)


@asynccontextmanager
async def until_told(leash: bool = False) -> AsyncIterator[anyio.Event]:
    """Inside, an event that is set by a signal to end or, on a leash, by the end of stdin.

    A second signal has its usual effect and ends the process at once.
    """
    stop = anyio.Event()

    async def listen() -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
            async for _ in signals:
                break
        if not leash:  # on a leash the one who holds it does the talking
            say("Stopping. Running jobs are finished first; Ctrl-C again ends at once.")
        stop.set()

    async def hold_on() -> None:
        await ended()
        stop.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listen)
        if leash:
            tasks.start_soon(hold_on)
        yield stop
        tasks.cancel_scope.cancel()
