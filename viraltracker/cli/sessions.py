"""`viraltracker sessions`: the life of sessions, from a script to the trash and back."""

from typing import TYPE_CHECKING
from uuid import UUID

import click

from viraltracker.cli.inside import in_studio
from viraltracker.cli.options import json_option, session_argument
from viraltracker.cli.reading import readable_script
from viraltracker.cli.screen import print_json, print_table, print_text, say
from viraltracker.cli.told import beat_json, session_json
from viraltracker.takes.naming import session_id, session_named
from viraltracker.units import clock

if TYPE_CHECKING:
    from viraltracker.studio import Desk, Studio
    from viraltracker.takes import Shelf

__all__ = ["sessions"]


@click.group()
def sessions() -> None:
    """List, show, make, rename, copy, archive and bin sessions.

    SESSION is an id, the beginning of one (four characters or more), or a whole title.
    """


@sessions.command("list")
@click.option("--archived", "shelf", flag_value="archived", help="Those in the archive.")
@click.option(
    "--trash", "shelf", flag_value="trash", help="Those in the trash; they go for good after 30 days."
)
@click.option(
    "--most", default=100, show_default=True, type=click.IntRange(1, 10_000), help="How many at most."
)
@json_option
def list_(shelf: "Shelf | None", most: int, as_json: bool) -> None:
    """List sessions, last changed first."""

    async def work(studio: "Studio") -> None:
        from viraltracker.takes import session_standing

        planner, live = await studio.planner(), bool(await studio.workers())
        held = await studio.sessions.list(shelf or "active", most)
        rows = [session_json(each, session_standing(each, planner, live)) for each in held]
        if as_json:
            print_json(rows)
        elif not rows:
            say("There are none here. `viraltracker sessions new FILE` makes one.")
        else:
            print_table(
                ("id", "title", "status", "beats", "length", "spent", "changed"),
                [
                    (
                        row["id"],
                        row["title"],
                        row["status"].replace("_", " "),
                        row["beats"],
                        clock(row["duration_ms"]),
                        f"${row['spent_usd']:.2f}",
                        row["updated_at"][:16].replace("T", " "),
                    )
                    for row in rows
                ],
            )

    in_studio(work)


@sessions.command()
@session_argument
@click.option("--script", "as_script", is_flag=True, help="Print the session's script instead.")
@json_option
def show(session: str, as_script: bool, as_json: bool) -> None:
    """Show a session: its beats, where each stands, and what was picked."""

    async def work(studio: "Studio") -> None:
        held = await session_id(studio.sessions, session)
        if as_script:
            text = await studio.sessions.script(held)
            if as_json:
                print_json({"id": str(held), "script_number": text.number, "els": text.els})
            else:
                click.echo(text.els, nl=not text.els.endswith("\n"))
            return
        desk = await studio.desk(held)
        if as_json:
            print_json(_desk_json(desk))
        else:
            _print_desk(desk)

    in_studio(work)


@sessions.command()
@click.argument("file")
@json_option
def new(file: str, as_json: bool) -> None:
    """Make a session from the script in FILE (- for stdin)."""

    async def work(studio: "Studio") -> None:
        cast = await studio.script_cast()
        read = readable_script(file, cast)
        saved = await studio.sessions.create(read.els, cast)
        _tell(saved.session, f'Made "{read.script.title}"', as_json)

    in_studio(work)


@sessions.command()
@session_argument
@click.argument("file")
@json_option
def save(session: str, file: str, as_json: bool) -> None:
    """Save a script as the session's next version.

    It is read from FILE (- for stdin). Beats keep their takes; takes that no longer fit become stale.
    """

    async def work(studio: "Studio") -> None:
        cast = await studio.script_cast()
        read = readable_script(file, cast)
        held = await session_id(studio.sessions, session)
        latest = (await studio.sessions.script(held)).latest
        saved = await studio.sessions.save_script(held, read.els, latest, cast)
        done = (
            f"Saved as version {saved.script_number}"
            if saved.changed
            else "Nothing differs from the last version"
        )
        _tell(held, done, as_json)

    in_studio(work)


@sessions.command()
@session_argument
@click.argument("title")
@json_option
def rename(session: str, title: str, as_json: bool) -> None:
    """Give a session another TITLE; its script stays as it is."""

    async def work(studio: "Studio") -> None:
        held = await session_id(studio.sessions, session)
        await studio.sessions.rename(held, title)
        _tell(held, f'Renamed to "{title}"', as_json)

    in_studio(work)


@sessions.command()
@session_argument
@click.argument("title", required=False)
@click.option(
    "--with-picks", is_flag=True, help="With the picked takes; their audio is shared, not made again."
)
@json_option
def duplicate(session: str, title: str | None, with_picks: bool, as_json: bool) -> None:
    """Copy a session.

    The copy is called TITLE; without one the old title and "copy".
    """

    async def work(studio: "Studio") -> None:
        held = await session_named(studio.sessions, session)
        name = title or f"{held.title} copy"
        _tell(await studio.sessions.duplicate(held.id, name, with_picks), f'Copied to "{name}"', as_json)

    in_studio(work)


@sessions.command()
@session_argument
@json_option
def archive(session: str, as_json: bool) -> None:
    """Put a session into the archive, out of the way."""

    async def work(studio: "Studio") -> None:
        held = await session_id(studio.sessions, session)
        await studio.sessions.archive(held)
        _tell(held, "Archived", as_json)

    in_studio(work)


@sessions.command()
@session_argument
@json_option
def unarchive(session: str, as_json: bool) -> None:
    """Take a session out of the archive."""

    async def work(studio: "Studio") -> None:
        held = await session_id(studio.sessions, session)
        await studio.sessions.archive(held, archived=False)
        _tell(held, "Back among the sessions", as_json)

    in_studio(work)


@sessions.command()
@session_argument
@json_option
def delete(session: str, as_json: bool) -> None:
    """Put a session into the trash for 30 days. What it has queued is dropped."""

    async def work(studio: "Studio") -> None:
        held = await session_id(studio.sessions, session)
        await studio.sessions.delete(held)
        _tell(
            held, f"In the trash for 30 days. `viraltracker sessions restore {held}` brings it back", as_json
        )

    in_studio(work)


@sessions.command()
@session_argument
@json_option
def restore(session: str, as_json: bool) -> None:
    """Bring a session back from the trash, as it was."""

    async def work(studio: "Studio") -> None:
        held = await session_id(studio.sessions, session)
        await studio.sessions.restore(held)
        _tell(held, "Restored", as_json)

    in_studio(work)


@sessions.command()
@session_argument
@click.argument("amount", metavar="DOLLARS|none", callback=lambda _, __, given: _dollars(given))
@json_option
def cap(session: str, amount: float | None, as_json: bool) -> None:
    """Set what a session may cost at most.

    The amount is in US dollars; `none` lifts the cap. A take that would pass it is refused before its call
    is made.
    """

    async def work(studio: "Studio") -> None:
        held = await session_id(studio.sessions, session)
        await studio.sessions.cap(held, amount)
        _tell(held, "No cap" if amount is None else f"Capped at ${amount:.2f}", as_json)

    in_studio(work)


def _dollars(given: str) -> float | None:
    if given.casefold() == "none":
        return None
    try:
        return float(given.removeprefix("$"))
    except ValueError:
        raise click.BadParameter(f"{given!r} is no amount. Write it like 2.50, or none.") from None


def _tell(session: UUID, done: str, as_json: bool) -> None:
    """What was done, for people on stderr; the session's id, for both on stdout."""
    if as_json:
        print_json({"id": str(session)})
    else:
        say(done + ".")
        print_text(str(session))


def _desk_json(desk: "Desk") -> dict[str, object]:
    standings = desk.standing.beats
    beats = [beat_json(beat, standings[beat.beat_id]) for beat in desk.session.script_beats]
    return {**session_json(desk.session, desk.standing), "beats": beats, "workers_live": desk.workers_live}


def _print_desk(desk: "Desk") -> None:
    held, standing = desk.session, desk.standing
    cap = "" if held.cap_usd is None else f" of at most ${held.cap_usd:.2f}"
    print_text(f"{held.title}  {held.id}")
    print_text(
        f"{standing.status.replace('_', ' ')}, {len(held.script_beats)} beats, "
        f"{clock(standing.duration_ms)}, ${held.spent_usd:.2f}{cap} spent"
    )
    rows = []
    for beat in held.script_beats:
        where = standing.beats[beat.beat_id]
        picked = (
            f"take {beat.picked.number} of {len(beat.takes)}" if beat.picked else f"{len(beat.takes)} takes"
        )
        why = "; ".join(where.reasons) or where.problem or ""
        rows.append((beat.beat_id, beat.content.name, where.state, "" if beat.silent else picked, why))
    print_table(("beat", "name", "state", "takes", "why"), rows)
