"""`viraltracker worker list`, `drain` and `stop`: the job workers of this database, wherever they run."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import click

from viraltracker.cli.inside import in_studio
from viraltracker.cli.options import json_option
from viraltracker.cli.screen import print_json, print_table, say
from viraltracker.errors import BadInput, NotFound

if TYPE_CHECKING:
    from viraltracker.studio import Studio

__all__ = ["drain", "list_workers", "stop"]

_TOLD = {"work": "at work", "drain": "draining", "stop": "stopping"}


@click.command("list")
@json_option
def list_workers(as_json: bool) -> None:
    """List the job workers that live, and what they are at."""

    async def work(studio: "Studio") -> None:
        alive = await studio.workers()
        if as_json:
            print_json([dict(each) for each in alive])
        elif not alive:
            say("No job worker is running. `viraltracker worker` starts one.")
        else:
            print_table(("Job worker", "Where", "Queues", "State", "Jobs", "Last sign"), map(_row, alive))

    in_studio(work)


@click.command()
@click.argument("worker")
@json_option
def drain(worker: str, as_json: bool) -> None:
    """Have a job worker take nothing new and end when it is done.

    WORKER is a name or an id, as `worker list` shows them.
    """
    _tell(worker, "drain", as_json, "takes nothing new and ends when its jobs are done")


@click.command()
@click.argument("worker")
@json_option
def stop(worker: str, as_json: bool) -> None:
    """Have a job worker end within 30 seconds.

    What it doesn't finish by then others take over. WORKER is a name or an id, as `worker list` shows them.
    """
    _tell(worker, "stop", as_json, "ends; what it doesn't finish in 30 seconds others take over")


def _tell(worker: str, told: Literal["drain", "stop"], as_json: bool, words: str) -> None:
    async def work(studio: "Studio") -> None:
        chosen = _chosen(await studio.workers(), worker)
        await studio.tell_worker(UUID(chosen["id"]), told)
        if as_json:
            print_json({"id": chosen["id"], "name": chosen["name"], "told": told})
        else:
            say(f"{chosen['name']} on {chosen['host']} {words}.")

    in_studio(work)


def _chosen(alive: tuple[Mapping[str, Any], ...], worker: str) -> Mapping[str, Any]:
    found = [each for each in alive if worker in (each["id"], each["name"])]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(f"{each['id']} on {each['host']}" for each in found)
        raise BadInput(f'{len(found)} job workers are called "{worker}". Name an id: {ids}.')
    there = ", ".join(each["name"] for each in alive)
    said = f"There are {there}." if there else "None is running."
    raise NotFound(f'There is no job worker "{worker}". {said}')


def _row(worker: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        str(worker["name"]),
        f"{worker['host']} · {worker['pid']}",
        ", ".join(worker["queues"]),
        _TOLD[worker["told"]],
        str(worker["running"] or "idle"),
        f"{float(worker['seen_s']):.0f} s ago",
    )
