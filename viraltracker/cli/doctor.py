"""`viraltracker doctor`: looks at everything the studio needs, and says what to do where it is missing."""

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import anyio
import anyio.to_thread
import click

from viraltracker.cli.edge import FINDINGS
from viraltracker.cli.inside import begin, interruptible
from viraltracker.cli.options import json_option
from viraltracker.cli.screen import plain, print_json, print_text
from viraltracker.errors import SettingsRefused, StudioError

if TYPE_CHECKING:
    from viraltracker.settings import Settings
    from viraltracker.speech import Synthesizer
    from viraltracker.takes import Records

__all__ = ["doctor"]

_EMBEDDED = "espeak"
"""The engine that is installed along. Where another one can't be used, the studio speaks all the same."""
_VOICE_WORKERS = "worker"
"""The engine of the voice workers, which are looked at one by one."""
_FAIL_BELOW_BYTES, _WARN_BELOW_BYTES = 200_000_000, 2_000_000_000
"""An episode of half an hour takes about 300 MB with all its takes."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what to do about it."""

    what: str
    state: Literal["ok", "warn", "fail"]
    note: str
    todo: str = ""


@click.command()
@json_option
def doctor(as_json: bool) -> int:
    """Look at all that the studio needs, and say what to do.

    That is settings, data folder, disk, database, migrations, workers, the agent's model, ffmpeg, the
    engines and the voice workers. Starts nothing that lasts and changes nothing. A line each: ok, warn or
    fail; exit code 1 when one fails. With --json a list of {what, state, note, todo}.
    """
    findings = anyio.run(interruptible, _findings)
    if as_json:
        print_json([asdict(found) for found in findings])
    else:
        colours = {"ok": "green", "warn": "yellow", "fail": "red"}
        for found in findings:
            click.echo(f"{click.style(f'{found.state:4}', fg=colours[found.state])}  {plain(_line(found))}")
            if found.todo:
                print_text(f"      {found.todo}")
    return FINDINGS if any(found.state == "fail" for found in findings) else 0


def _line(found: Finding) -> str:
    return f"{found.what}: {found.note}"


async def _findings() -> list[Finding]:
    try:
        settings = begin()
    except SettingsRefused as refused:
        return [Finding("settings", "fail", refused.message, "Mend it, then look again.")]
    findings = [Finding("settings", "ok", "all can be used"), *_places(settings)]
    used: set[str] = set()
    findings += [found async for found in _database(settings, used)]
    findings.append(await anyio.to_thread.run_sync(_ffmpeg, settings.ffmpeg))
    findings += [found async for found in _engines(settings)]
    findings.append(await _voice_workers(settings, used))
    return findings


def _places(settings: "Settings") -> "list[Finding]":
    folder = settings.data
    place = next(parent for parent in (folder, *folder.parents) if parent.exists())
    todo = "Choose another folder with VIRALTRACKER_DATA, or make this one yours."
    if not os.access(place, os.W_OK | os.X_OK):
        return [Finding("data folder", "fail", f"{folder} can't be written", todo)]
    note = str(folder) if place == folder else f"{folder}, made at the first start"
    free = shutil.disk_usage(place).free
    state: Literal["ok", "warn", "fail"] = (
        "fail" if free < _FAIL_BELOW_BYTES else "warn" if free < _WARN_BELOW_BYTES else "ok"
    )
    return [
        Finding("data folder", "ok", note),
        Finding("disk", state, f"{free / 1e9:.1f} GB are free", "" if state == "ok" else "Free some space."),
    ]


async def _database(settings: "Settings", used: set[str]) -> AsyncIterator[Finding]:
    """What was found; `used` gets the engines that characters speak with."""
    from viraltracker.settings import resource
    from viraltracker.store import Postgres, pending
    from viraltracker.studio import LOCAL_USER, open_database, vendors

    if settings.over_http:
        async for finding in _hosted(settings, used):
            yield finding
        return
    kind = "embedded" if settings.database_url is None else "from DATABASE_URL"
    if settings.database_url is None and not (settings.data / "postgres").exists():
        yield Finding("database", "ok", "embedded, made at the first start")
        return
    try:
        async with open_database(settings) as database:
            steps = await anyio.to_thread.run_sync(pending, database.admin_dsn, resource("sql"), vendors())
            yield Finding("database", "ok", f"{kind}, answers")
            if steps:
                yield Finding(
                    "migrations",
                    "warn",
                    f"{len(steps)} are to be run",
                    "`viraltracker migrate` runs them; so does the next start of the studio.",
                )
                return
            yield Finding("migrations", "ok", "up to date")
            async with Postgres(database.dsn) as postgres:
                records = postgres.acting_for(LOCAL_USER)
                async for finding in _work(settings, records, used):
                    yield finding
                if settings.database_url is not None:
                    await postgres.require_listening()
    except StudioError as error:
        yield Finding("database", "fail", error.message)


async def _hosted(settings: "Settings", used: set[str]) -> AsyncIterator[Finding]:
    from viraltracker.studio import LOCAL_USER, open_stores

    try:
        async with open_stores(settings) as stores:
            records = stores.rows.acting_for(LOCAL_USER)
            found = [finding async for finding in _work(settings, records, used)]
        yield Finding("database", "ok", "a Supabase project over HTTP, answers")
        for finding in found:
            yield finding
    except StudioError as error:
        yield Finding("database", "fail", error.message)


async def _work(settings: "Settings", records: "Records", used: set[str]) -> AsyncIterator[Finding]:
    from viraltracker.takes import CastBook

    workers = await records.call("studio_workers_v1")
    yield _workers([str(worker["name"]) for worker in workers])
    yield await _agent(settings, records)
    used |= {member.profile.engine for member in await CastBook(records).members()}


def _workers(names: list[str]) -> Finding:
    if names:
        return Finding("workers", "ok", f"{len(names)} alive: {', '.join(names)}")
    todo = "`viraltracker studio` starts one, and so does `viraltracker worker`; `render` works by itself."
    return Finding("workers", "warn", "none is alive, so nothing is generated now", todo)


async def _agent(settings: "Settings", records: "Records") -> Finding:
    from viraltracker.agent import chosen_model, make_model
    from viraltracker.studio import LOCAL_USER

    chosen = await chosen_model(settings, records, LOCAL_USER)
    if chosen is None:
        todo = "VIRALTRACKER_AGENT_MODEL sets one, and so does the Agent page."
        return Finding("agent", "ok", "no model is set; all but the agent works without", todo)
    try:
        make_model(settings, chosen)
    except SettingsRefused as refused:
        return Finding("agent", "warn", refused.message)
    place = f" at {chosen.base_url}" if chosen.base_url else ""
    return Finding("agent", "ok", f"{chosen.model}{place}, set by the {chosen.source}")


def _ffmpeg(wanted: Path | None) -> Finding:
    from viraltracker.episode import find_encoder

    try:
        encoder = find_encoder(None if wanted is None else str(wanted))
    except StudioError as error:
        return Finding("ffmpeg", "fail", error.message)
    return Finding("ffmpeg", "ok", f"{encoder.path}, version {encoder.version}")


async def _engines(settings: "Settings") -> AsyncIterator[Finding]:
    from viraltracker.studio import make_engines

    for name, engine in make_engines(settings).items():
        try:
            if name != _VOICE_WORKERS:
                yield await _engine(name, engine)
        finally:
            await engine.aclose()


async def _engine(name: str, engine: "Synthesizer") -> Finding:
    try:
        health = await engine.health()
    except StudioError as error:
        return Finding(name, "warn", error.message)
    if health.ready:
        return Finding(name, "ok", health.note)
    if name == _EMBEDDED:
        return Finding(name, "fail", health.note, "Install viraltracker again; `make studio` does it.")
    return Finding(name, "warn", health.note, "Without it the embedded voices speak.")


async def _voice_workers(settings: "Settings", used: set[str]) -> Finding:
    """Nobody needs one: that none is there is worth a warning where somebody named or chose them."""
    from viraltracker.studio import voice_workers

    what = "voice workers"
    wanted = settings.workers_named or _VOICE_WORKERS in used
    try:
        async with voice_workers(settings) as fleet:
            told = await fleet.standings()
    except StudioError as error:
        return Finding(what, "warn" if wanted else "ok", error.message)
    there = [worker for worker in told if worker.state in ("ready", "draining")]
    if not there and not wanted:
        return Finding(what, "ok", "none is running, and no character speaks with one")
    lost = [worker.problem for worker in told if worker not in there]
    torn = [f"{worker.name}: {model.problem}" for worker in there for model in worker.models if model.problem]
    models = sum(len(worker.models) for worker in there)
    names = ", ".join(worker.name for worker in there)
    note = f"{len(there)} there: {names}, {models} models" if there else "none is there"
    if there and not (lost or torn):
        return Finding(what, "ok", note)
    todo = "" if there else "`make worker` starts one, and so does `viraltracker worker serve`."
    return Finding(what, "warn", ". ".join((note, " ".join((*lost, *torn)))), todo)
