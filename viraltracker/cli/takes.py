"""`viraltracker takes`: list, generate, regenerate, judge by ear, pick, mark and undo."""

from typing import TYPE_CHECKING

import click

from viraltracker.cli.generate import cancel, generate, regenerate
from viraltracker.cli.hearing import export_audio, path, take_option
from viraltracker.cli.inside import in_studio
from viraltracker.cli.options import json_option, session_argument
from viraltracker.cli.screen import print_json, print_table, say
from viraltracker.cli.told import beat_json, revision_words
from viraltracker.takes.naming import beats_named, one_beat, session_id, session_named, take_of
from viraltracker.units import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from viraltracker.studio import Studio
    from viraltracker.takes import BeatRow, Standing

__all__ = ["takes"]


@click.group()
def takes() -> None:
    """List and make takes; pick, star, lock and note them; undo.

    SESSION is an id, the beginning of one, or a whole title; BEAT is the id in the script. Where several
    beats are taken, a range is two ids with two dots: 02_reply..05_turn. Takes are numbered from 1 in each
    beat.
    """


@takes.command("list")
@session_argument
@click.argument("beats", nargs=-1, metavar="[BEAT...]")
@json_option
def list_(session: str, beats: tuple[str, ...], as_json: bool) -> None:
    """List takes, with what was judged of each."""

    async def work(studio: "Studio") -> None:
        desk = await studio.desk(await session_id(studio.sessions, session))
        chosen = beats_named(desk.session, beats)
        standings = desk.standing.beats
        if as_json:
            print_json([beat_json(beat, standings[beat.beat_id]) for beat in chosen])
        else:
            rows = [row for beat in chosen for row in _rows(beat, standings[beat.beat_id])]
            print_table(("beat", "state", "take", "length", "judged", "changed", "remarks"), rows)

    in_studio(work)


@takes.command()
@session_argument
@click.argument("beat")
@click.argument("number", type=click.IntRange(1), required=False, metavar="[TAKE]")
@click.option("--none", "unpick", is_flag=True, help="Take the beat's pick away.")
@json_option
def pick(session: str, beat: str, number: int | None, unpick: bool, as_json: bool) -> None:
    """Pick TAKE of a beat for the episode."""
    if unpick == (number is not None):
        raise click.UsageError("Give the take's number, or --none.")

    async def work(studio: "Studio") -> None:
        held = await session_named(studio.sessions, session)
        on = one_beat(held, beat)
        take = None if unpick else take_of(on, number)
        await studio.choose.pick(held.id, {on.id: take.id if take else None})
        _tell(as_json, "Nothing is picked" if unpick else f"Take {number} is picked", beat=beat, take=number)

    in_studio(work)


@takes.command("pick-best")
@session_argument
@json_option
def pick_best(session: str, as_json: bool) -> None:
    """Pick a take for every beat whose pick is missing or stale.

    One that fits before a stale one, starred before others, clean before warned, then the newest.
    """

    async def work(studio: "Studio") -> None:
        from viraltracker.takes import best_takes

        held = await session_named(studio.sessions, session)
        picks = best_takes(held, await studio.planner())
        await studio.choose.pick(held.id, picks)
        _tell(as_json, f"{len(picks)} beats were given a pick", picked=len(picks))

    in_studio(work)


@takes.command()
@session_argument
@click.argument("beat")
@take_option
@click.option("--off", is_flag=True, help="Take the star away.")
@json_option
def star(session: str, beat: str, number: int | None, off: bool, as_json: bool) -> None:
    """Star a take."""

    async def work(studio: "Studio") -> None:
        take = take_of(one_beat(await session_named(studio.sessions, session), beat), number)
        await studio.choose.star(take.id, not off)
        _tell(as_json, f"Take {take.number} has {'no' if off else 'a'} star", beat=beat, take=take.number)

    in_studio(work)


@takes.command()
@session_argument
@click.argument("beats", nargs=-1, required=True, metavar="BEAT...")
@json_option
def lock(session: str, beats: tuple[str, ...], as_json: bool) -> None:
    """Lock beats: they get no new takes and keep their picks."""
    _lock(session, beats, True, as_json)


@takes.command()
@session_argument
@click.argument("beats", nargs=-1, required=True, metavar="BEAT...")
@json_option
def unlock(session: str, beats: tuple[str, ...], as_json: bool) -> None:
    """Unlock beats."""
    _lock(session, beats, False, as_json)


@takes.command()
@session_argument
@click.argument("beat")
@click.argument("text")
@click.option("--take", "number", type=click.IntRange(1), help="On this take; without it on the beat.")
@json_option
def note(session: str, beat: str, text: str, number: int | None, as_json: bool) -> None:
    """Write a note on a beat or a take. An empty TEXT removes it."""

    async def work(studio: "Studio") -> None:
        on = one_beat(await session_named(studio.sessions, session), beat)
        if number is None:
            await studio.choose.note_beat(on.id, text)
        else:
            await studio.choose.note_take(take_of(on, number).id, text)
        _tell(as_json, "Noted", beat=beat, take=number)

    in_studio(work)


@takes.command()
@session_argument
@json_option
def undo(session: str, as_json: bool) -> None:
    """Take back the last pick, star, lock or note of a session."""

    async def work(studio: "Studio") -> None:
        undone = await studio.choose.undo(await session_id(studio.sessions, session))
        _tell(
            as_json,
            f"The last {undone} was taken back" if undone else "There is nothing to undo",
            undone=undone,
        )

    in_studio(work)


def _lock(session: str, beats: tuple[str, ...], locked: bool, as_json: bool) -> None:
    async def work(studio: "Studio") -> None:
        chosen = beats_named(await session_named(studio.sessions, session), beats)
        for beat in chosen:
            await studio.choose.lock(beat.id, locked)
        names = [beat.beat_id for beat in chosen]
        _tell(as_json, f"{'Locked' if locked else 'Unlocked'} {', '.join(names)}", beats=names, locked=locked)

    in_studio(work)


def _tell(as_json: bool, done: str, **facts: object) -> None:
    if as_json:
        print_json(facts)
    else:
        say(done + ".")


def _rows(beat: "BeatRow", standing: "Standing") -> "Iterator[tuple[object, ...]]":
    if not beat.takes:
        yield (beat.beat_id, standing.state, "", "", "", "", standing.problem or "")
    stale = standing.stale or {}
    for take in beat.takes:
        marks = [
            "picked" if take.id == beat.selected else "",
            "starred" if take.starred else "",
            f"stale: {'; '.join(stale[take.number])}" if take.number in stale else "",
            str((take.error or {}).get("message", "")),
            *(found.message for found in (take.judgement.findings if take.judgement else ())),
            take.note,
        ]
        yield (
            beat.beat_id,
            standing.state,
            take.number,
            "" if take.duration_ms is None else clock(take.duration_ms),
            take.judgement.verdict if take.judgement else take.status,
            ", ".join(f"{name} {value}" for name, value in revision_words(take.revision).items()),
            "; ".join(mark for mark in marks if mark),
        )


for _command in (generate, regenerate, cancel, path, export_audio):
    takes.add_command(_command)
