"""`viraltracker render`: the whole line in one command, from a script to a mastered MP3."""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from viraltracker.cli.files import check_target
from viraltracker.cli.inside import in_studio
from viraltracker.cli.making import export_made, hands_for, refuse_failed, takes_made
from viraltracker.cli.options import engine_option, json_option, leave_out_option, out_option, stereo_option
from viraltracker.cli.reading import ReadScript, readable_script
from viraltracker.cli.screen import print_json, print_text, say, warn
from viraltracker.errors import BadInput
from viraltracker.takes.naming import session_id
from viraltracker.units import clock

if TYPE_CHECKING:
    from viraltracker.studio import Studio
    from viraltracker.takes import BeatRow, ExportRow, Planner, Session

__all__ = ["refuse_full_disk", "render"]

_DISK_BYTES_A_MS = 150
"""What a rendered millisecond takes at most: an engine's PCM, the take's FLAC, the MP3 made and kept."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What was asked for on the command line."""

    file: str
    out: Path
    engine: str | None
    session: str | None
    stereo: bool
    leave_out: bool


@click.command()
@click.argument("file")
@out_option
@engine_option
@click.option("--session", metavar="SESSION", help="Save the script into this session and continue it.")
@stereo_option
@leave_out_option
@json_option
def render(file: str, as_json: bool, **asked: object) -> None:
    """Make an episode of a script, without a browser.

    Reads FILE (- for stdin), generates what is missing or stale, picks a take for every beat without one,
    masters, and writes the MP3. What you have picked stays picked. The work happens in a session that the
    studio shows: one with the same title and the same text is continued, otherwise a new one is made;
    stderr says which. Rendered twice, the second time nothing is generated.

    --engine is for this render: beats whose picked take speaks with another engine get one that speaks with
    it. The voice profiles stay as they are.

    \b
    Prints {session_id, duration_ms, integrated_lufs, true_peak_dbtp, takes, generations_made,
    generations_reused, cost} with --json: takes are those in the episode, generations their requests to
    engines (made now, or there already), cost is US dollars spent now.

    Ctrl-C drops what is queued; what was made stays in the session, and the next render goes on from there.
    """
    order = _Order(file=file, **asked)  # type: ignore[arg-type]
    check_target(order.out)
    told = in_studio(lambda studio: _render(studio, order))
    if as_json:
        print_json(told)
    else:
        print_text(
            f"{order.out}: {clock(told['duration_ms'])}, {told['integrated_lufs']:.1f} LUFS, "
            f"{told['true_peak_dbtp']:.1f} dBTP, {told['takes']} takes, "
            f"{told['generations_made']} generations made and {told['generations_reused']} reused, "
            f"${told['cost']:.2f}"
        )


async def _render(studio: "Studio", order: _Order) -> dict[str, Any]:
    cast = await studio.script_cast()
    read = readable_script(order.file, cast)
    found = await _session_for(studio, order, read)
    await _refuse_impossible(studio, order, read, found)
    session = await _continued(studio, order, read, found)
    asked = await (await studio.generate()).fill(session, pick=True, engine=order.engine)
    wanted = {*asked.takes, *asked.already}
    async with hands_for(studio) as hands:
        if wanted:
            session = await takes_made(studio, session.id, wanted, hands)
            refuse_failed(session, wanted)
        session = await _picked(studio, session, order.engine)
        ask = partial(studio.exports.request_mp3, session, order.stereo, order.leave_out)
        row = await export_made(studio, ask, hands, order.out)
    return _told(session, row, wanted)


async def _session_for(studio: "Studio", order: _Order, read: ReadScript) -> "Session | None":
    """The session to go on with: the named one, else the last one of the same title and text."""
    if order.session is not None:
        return await studio.sessions.get(await session_id(studio.sessions, order.session))
    for found in await studio.sessions.find(read.script.title):
        if found.shelf == "active" and (await studio.sessions.script(found.id)).els == read.els:
            return await studio.sessions.get(found.id)
    return None


async def _refuse_impossible(
    studio: "Studio", order: _Order, read: ReadScript, found: "Session | None"
) -> None:
    """Before anything is written: is there such an engine, with its key; a voice for everybody; the space?"""
    from viraltracker.takes import Revision

    if order.engine is not None and order.engine not in studio.engines:
        raise BadInput(f'There is no engine "{order.engine}". The engines: {", ".join(studio.engines)}.')
    planner = await studio.planner()
    engines, problems = set(), []
    ready = _settled(found, planner, order.engine) if found else frozenset()
    for beat in read.script.beats:
        try:
            plan = planner.plan(beat, Revision(engine=order.engine))
        except BadInput as refused:
            problems.append(refused.message)
        else:
            engines |= {segment.engine for segment in plan.segments if beat.id not in ready}
    if problems and not order.leave_out:
        raise BadInput("\n".join(dict.fromkeys(problems)))
    for engine in sorted(engines):
        health = await studio.engines[engine].health()
        if health.needs is not None:
            raise BadInput(f"{engine} can't be used: {health.note}. Nothing was changed.")
    refuse_full_disk(read.duration_ms, studio.settings.data, order.out.expanduser().resolve().parent)


def refuse_full_disk(duration_ms: int, *folders: Path) -> None:
    """Raise `DiskFull` when an episode of that length and its takes don't fit into one of the folders."""
    from viraltracker.store import free_space_check

    for folder in folders:
        free_space_check(folder, duration_ms * _DISK_BYTES_A_MS)


def _settled(session: "Session", planner: "Planner", engine: str | None) -> frozenset[str]:
    """The beats that need no engine any more."""
    from viraltracker.takes import gaps

    missing = {beat.beat_id for beat in gaps(session, planner, engine)}
    return frozenset(beat.beat_id for beat in session.script_beats) - missing


async def _continued(studio: "Studio", order: _Order, read: ReadScript, found: "Session | None") -> "Session":
    """The session with the script in it; stderr says which one it is."""
    cast = await studio.script_cast()
    if found is None:
        saved = await studio.sessions.create(read.els, cast)
        say(f'New session "{read.script.title}", {saved.session}.')
        return await studio.sessions.get(saved.session)
    say(f'Continuing session "{found.title}", {found.id}.')
    if order.session is not None:
        latest = (await studio.sessions.script(found.id)).latest
        await studio.sessions.save_script(found.id, read.els, latest, cast)
    return await studio.sessions.get(found.id)


async def _picked(studio: "Studio", session: "Session", engine: str | None) -> "Session":
    """The session with a pick for every beat that has a take; one that `engine` speaks, if one is given."""
    from viraltracker.takes import best_takes, spoken_on

    planner = await studio.planner()
    picks = best_takes(session, planner)
    for beat in session.script_beats if engine is not None else ():
        take = spoken_on(beat, planner, str(engine))
        if take is not None and take.id != beat.selected and not beat.locked:
            picks[beat.id] = take.id
    await studio.choose.pick(session.id, picks)
    session = await studio.sessions.get(session.id)
    _warn_of(session.script_beats)
    return session


def _warn_of(beats: "Iterable[BeatRow]") -> None:
    """A take that may not be usable is in the episode all the same, but never without a word."""
    for beat in beats:
        judgement = beat.picked.judgement if beat.picked else None
        if judgement is not None and judgement.verdict == "fail":
            warn(f"{beat.beat_id}: {'; '.join(found.message for found in judgement.findings)}")


def _told(session: "Session", row: "ExportRow", made: Collection[UUID]) -> dict[str, Any]:
    facts = row.facts or {}
    picked = [beat.picked for beat in session.script_beats if beat.picked is not None]
    now = [take for beat in session.beats for take in beat.takes if take.id in made]
    before = [take for take in picked if take.id not in made]
    return {
        "session_id": str(session.id),
        "duration_ms": facts["duration_ms"],
        "integrated_lufs": facts["integrated_lufs"],
        "true_peak_dbtp": facts["true_peak_dbtp"],
        "takes": len(picked),
        "generations_made": sum(take.parts - take.reused for take in now),
        "generations_reused": sum(take.reused for take in now) + sum(take.parts for take in before),
        "cost": math.fsum(take.usd or 0.0 for take in now),
    }
