"""`viraltracker voices workers`, `load` and `unload`: the voice workers and what they have in memory."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from viraltracker.cli.inside import begin, interruptible
from viraltracker.cli.options import json_option
from viraltracker.cli.screen import print_json, print_table, print_text, say

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from viraltracker.speech.worker import Fleet, ModelStanding, WorkerStanding

__all__ = ["load", "unload", "workers"]

_worker_option = click.option("--worker", default="", metavar="NAME", help="That one, by name or address.")
_STATES = {
    "absent": "on disk",
    "loading": "loading",
    "resident": "in memory",
    "unloading": "leaving",
    "failed": "broken",
}
_WORKER_STATES = {
    "ready": "ready",
    "draining": "ending",
    "hanging": "no answer",
    "silent": "no answer",
    "refused": "refuses",
}


@click.command()
@json_option
def workers(as_json: bool) -> None:
    """List the voice workers and their models. They are asked at once, and none is waited for long."""

    async def work(fleet: "Fleet") -> None:
        told = await fleet.standings()
        if as_json:
            print_json([asdict(worker) for worker in told])
            return
        if not told:
            say("No voice worker is there. `viraltracker worker serve` starts one.")
        for worker in told:
            _print_worker(worker)

    _with_workers(work)


@click.command()
@click.argument("model")
@_worker_option
@json_option
def load(model: str, worker: str, as_json: bool) -> None:
    """Bring a model into a voice worker's memory.

    MODEL is like `voices workers` lists it. Without --worker it is loaded where lines for it would go.
    """

    async def work(fleet: "Fleet") -> None:
        loaded = await fleet.load(model, worker)
        if as_json:
            print_json({"worker": loaded.worker, "took_s": loaded.took_s, **asdict(loaded.model)})
        elif loaded.took_s:
            say(f"{loaded.worker} has {model} in memory now; that took {loaded.took_s:.1f} s.")
        else:
            say(f"{loaded.worker} has {model} in memory already.")

    _with_workers(work)


@click.command()
@click.argument("model")
@_worker_option
@click.option("--when-idle", is_flag=True, help="One in use goes when its last session ends.")
@json_option
def unload(model: str, worker: str, when_idle: bool, as_json: bool) -> None:
    """Put a model out of a voice worker's memory.

    Without --worker out of all of theirs. It stays on disk, and comes back with the next line that wants it.
    """

    async def work(fleet: "Fleet") -> None:
        asked = await fleet.unload(model, worker, when_idle=when_idle)
        if as_json:
            print_json({"model": model, "workers": list(asked), "when_idle": when_idle})
        else:
            say(f"{', '.join(asked)}: {model} is out of memory{', or goes when it is idle' * when_idle}.")

    _with_workers(work)


def _with_workers(work: "Callable[[Fleet], Awaitable[None]]") -> None:
    """Do the work with the workers that the settings name. It needs no database."""
    import anyio

    settings = begin()

    async def inside() -> None:
        from viraltracker.studio import voice_workers

        async with voice_workers(settings) as fleet:
            await work(fleet)

    anyio.run(interruptible, inside)


def _print_worker(worker: "WorkerStanding") -> None:
    where = "" if worker.name == worker.address else f" at {worker.address}"
    print_text(f"{worker.name}{where}: {', '.join(_standing(worker))}")
    if worker.problem:
        print_text(f"  {worker.problem}")
    if worker.models:
        columns = ("model", "state", "voices", "memory", "sessions", "rtf", "languages", "licence", "consent")
        print_table(columns, [_row(model) for model in worker.models])
    for model in worker.models:
        if model.problem:
            print_text(f"  {model.id}: {model.problem}")


def _standing(worker: "WorkerStanding") -> list[str]:
    words = [_WORKER_STATES[worker.state]]
    if worker.max_sessions:
        words.append(f"{worker.free_slots} of {worker.max_sessions} places free")
    return [*words, f"{worker.waiting} lines waiting"] if worker.waiting else words


def _row(model: "ModelStanding") -> tuple[Any, ...]:
    more = len(model.languages) - 3
    return (
        model.id,
        _STATES[model.state],
        model.voices or "",
        f"{model.memory_bytes / 1e6:.0f} MB" if model.memory_bytes else "",
        model.sessions or "",
        f"{model.rtf:.2f}" if model.rtf else "",
        ", ".join(model.languages[:3]) + (f" and {more} more" if more > 0 else ""),
        model.licence,
        model.consent,
    )
