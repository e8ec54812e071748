"""`viraltracker worker`: a process that makes takes and exports, beside the studio or on another machine."""

import socket

import anyio
import click

from viraltracker.cli.inside import begin
from viraltracker.cli.job_workers import drain, list_workers, stop
from viraltracker.cli.leash import leash_option, wait_for_go
from viraltracker.cli.serving import serve
from viraltracker.cli.stopping import until_told

__all__ = ["QUEUES", "worker"]

QUEUES = ("cloud", "gpu", "cpu")


def _queue_names(_: click.Context, __: click.Parameter, given: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in given.split(",")))
    if unknown := [name for name in names if name not in QUEUES]:
        raise click.BadParameter(f"There is no queue {unknown[0]!r}. The queues are {', '.join(QUEUES)}.")
    return names


@click.group(invoke_without_command=True)
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
@click.pass_context
def worker(context: click.Context, queues: tuple[str, ...], name: str | None, leash: bool) -> None:
    """Be a job worker: make takes and exports until Ctrl-C or SIGTERM. `serve` is a voice worker instead.

    Running jobs are finished first, for 30 seconds at most; another signal ends it at once, and another
    worker takes over what was left. A lost database is waited for. Start as many as you like, on any machine
    that reaches the database and the data folder.
    """
    if context.invoked_subcommand is not None:
        return
    settings = begin(lasting=True)
    from viraltracker.jobs import worker_config
    from viraltracker.studio import open_studio

    if leash:
        wait_for_go()

    async def work() -> None:
        async with until_told(leash) as told, open_studio(settings) as studio:
            called = name or socket.gethostname()
            config = worker_config(called, settings.worker_concurrency, queues, kept=leash)
            await studio.run_worker(told, called, config)

    anyio.run(work)


for each in (serve, list_workers, drain, stop):
    worker.add_command(each)
