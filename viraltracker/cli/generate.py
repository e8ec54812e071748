"""`viraltracker takes generate`, `regenerate`, `cancel`: what makes takes, or keeps them from being made."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from viraltracker.cli.inside import in_studio
from viraltracker.cli.making import refuse_failed
from viraltracker.cli.options import json_option, session_argument
from viraltracker.cli.progress import telling
from viraltracker.cli.screen import print_json, print_text, say, warn
from viraltracker.cli.told import take_json
from viraltracker.errors import BadInput
from viraltracker.script import PACES
from viraltracker.takes.naming import beats_named, one_beat, session_named, take_of
from viraltracker.units import clock

if TYPE_CHECKING:
    from viraltracker.studio import Studio
    from viraltracker.takes import BeatRow, Estimated, Requested, Revision, Session, Take

__all__ = ["cancel", "generate", "regenerate"]

_wait_option = click.option(
    "--wait/--no-wait",
    default=True,
    show_default=True,
    help="Wait for the takes, or only put them into the queue.",
)
_fraction = click.FloatRange(0.0, 1.0)


@click.command()
@session_argument
@click.argument("beats", nargs=-1, metavar="[BEAT...]")
@click.option(
    "--missing", is_flag=True, help="Only what is empty, failed or stale; of all beats if none is named."
)
@click.option("--pick", is_flag=True, help="Pick each take, where its beat has no pick and it is not bad.")
@_wait_option
@json_option
def generate(
    session: str, beats: tuple[str, ...], missing: bool, pick: bool, wait: bool, as_json: bool
) -> None:
    """Make a take of each named beat, or what is missing.

    Takes are made as script and voice profiles say. Progress goes to stderr, with the time that is left.
    Ctrl-C drops what is queued and keeps what was made.
    """
    if not (beats or missing):
        raise click.UsageError("Name beats or ranges (01_open..05_turn), or give --missing.")

    async def work(studio: "Studio") -> None:
        held = await session_named(studio.sessions, session)
        chosen = beats_named(held, beats)
        asking = await studio.generate()
        if missing:
            asked = await asking.fill(replace(held, beats=chosen), pick)
        else:
            asked = await asking.beats(held, [beat.beat_id for beat in chosen], pick)
        if asked.left_out and not (asked.takes or asked.already or missing):
            raise BadInput("\n".join(f"{beat}: {why}." for beat, why in asked.left_out.items()))
        for beat, why in asked.left_out.items():
            warn(f"{beat} gets no take: {why}")
        _say_cost(asking.estimate(_asked_of(held, chosen, asked)))
        await _follow(studio, held, asked, wait, as_json)

    in_studio(work)


@click.command()
@session_argument
@click.argument("beat")
@click.option("--pace", type=click.Choice(list(PACES)), help="How fast the script's lines are meant.")
@click.option("--speed", type=click.FloatRange(0.7, 1.2), help="The voice's speed itself; wins over --pace.")
@click.option("--stability", type=_fraction, help="0 lively to 1 steady.")
@click.option("--style", type=_fraction, help="How much the voice's manner is exaggerated, 0 to 1.")
@click.option("--similarity", type=_fraction, help="How close to the original voice, 0 to 1.")
@click.option("--direction", metavar="TEXT", help="An acting note; empty removes the script's.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Chance that can be had again.")
@click.option("--engine", metavar="NAME", help="Another engine for this take.")
@click.option("--like", type=click.IntRange(1), metavar="TAKE", help="Start from the settings of that take.")
@_wait_option
@json_option
def regenerate(session: str, beat: str, like: int | None, wait: bool, as_json: bool, **wishes: Any) -> None:
    """Make one more take of a beat with changed settings. What is not given follows script and profile.

    The take is not picked; `viraltracker takes pick` does that.
    """

    async def work(studio: "Studio") -> None:
        held = await session_named(studio.sessions, session)
        on = one_beat(held, beat)
        source = take_of(on, like) if like is not None or on.takes else None
        revision = _revision(source.revision if source and like is not None else None, wishes)
        asked = await (await studio.generate()).revise(held, beat, revision, source.id if source else None)
        await _follow(studio, held, asked, wait, as_json)

    in_studio(work)


@click.command()
@session_argument
@click.argument("beats", nargs=-1, metavar="[BEAT...]")
@json_option
def cancel(session: str, beats: tuple[str, ...], as_json: bool) -> None:
    """Drop the queued takes of a session, or of some beats. A take under way is finished and kept."""

    async def work(studio: "Studio") -> None:
        held = await session_named(studio.sessions, session)
        chosen = [take.id for beat in beats_named(held, beats) for take in beat.takes] if beats else None
        dropped = await (await studio.generate()).cancel(held.id, chosen)
        if as_json:
            print_json({"dropped": dropped.dropped, "finishing": dropped.finishing})
        else:
            say(f"{dropped.dropped} takes were dropped, {dropped.finishing} under way finish.")

    in_studio(work)


def _revision(source: "Revision | None", wishes: Mapping[str, Any]) -> "Revision":
    from viraltracker.takes import Revision

    given = {name: value for name, value in wishes.items() if value is not None}
    if "pace" in given and "speed" not in given:
        given["speed"] = None  # a speed taken over from the other take would win over the new pace
    return replace(source or Revision(), **given)


def _asked_of(session: "Session", chosen: "tuple[BeatRow, ...]", asked: "Requested") -> "list[BeatRow]":
    return [beat for beat in chosen if asked.takes and beat.beat_id not in asked.left_out and not beat.silent]


def _say_cost(cost: "Estimated") -> None:
    if cost.usd:
        about = "" if cost.exact else "about "
        say(f"{cost.beats} takes, {cost.characters} characters, {about}${cost.usd:.2f}.")


async def _follow(
    studio: "Studio", session: "Session", asked: "Requested", wait: bool, as_json: bool
) -> None:
    """Wait for what was asked for, if that is wanted, and tell what came of it."""
    from viraltracker.workflow import failures, hands_for, takes_ended

    wanted = {*asked.takes, *asked.already}
    if wait and wanted:
        async with hands_for(studio) as hands:
            with telling() as tell:
                session = await takes_ended(studio, session.id, wanted, tell, hands)
        refuse_failed(failures(session, wanted), len(wanted))
    elif wanted and not await studio.workers():
        warn("No worker is alive, so the takes stay queued until one is. `viraltracker worker` starts one.")
    now = await studio.sessions.get(session.id)
    made = [(beat, take) for beat in now.beats for take in beat.takes if take.id in wanted]
    if as_json:
        told = [{"beat": beat.beat_id, **take_json(take)} for beat, take in made]
        print_json({"batch": str(asked.batch), "takes": told, "left_out": dict(asked.left_out)})
        return
    if not made:
        say("Nothing is missing or stale.")
    for beat, take in made:
        print_text(f"{beat.beat_id} take {take.number}: {_outcome(take)}")


def _outcome(take: "Take") -> str:
    if take.duration_ms is None or take.judgement is None:
        return take.status
    findings = "; ".join(found.message for found in take.judgement.findings)
    return f"{clock(take.duration_ms)}, {take.judgement.verdict}" + (f" ({findings})" if findings else "")
