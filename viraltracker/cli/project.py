"""`viraltracker project`: chosen sessions in one file, from this studio into another."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from viraltracker.cli.files import check_target
from viraltracker.cli.inside import in_studio
from viraltracker.cli.options import json_option
from viraltracker.cli.screen import print_json, print_text, say
from viraltracker.errors import BadInput
from viraltracker.takes.naming import session_id

if TYPE_CHECKING:
    from uuid import UUID

    from viraltracker.studio import ExportedProject, ImportedProject, Studio

__all__ = ["project"]

_MOST_SESSIONS = 10_000
_SAY_EVERY = 20


@click.group()
def project() -> None:
    """Carry sessions into another studio, in one file."""


@project.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("sessions", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All sessions, those in the archive too; not the trash.")
@json_option
def export(file: Path, sessions: tuple[str, ...], every: bool, as_json: bool) -> None:
    """Write SESSIONS with all that belongs to them into FILE.

    Scripts, takes, picks, notes, exports, receipts, the profiles of their characters and all audio. A
    session is named by its id, the beginning of one, or its title. An existing FILE is not replaced.
    """
    if bool(sessions) == every:
        raise BadInput("Name the sessions to export, or say --all.")
    out = check_target(file)
    if out.exists():
        raise BadInput(f"There is a file at {file} already. Choose another name; nothing was changed.")

    async def work(studio: "Studio") -> "ExportedProject":
        from viraltracker.studio import export_project

        return await export_project(studio, await _chosen(studio, sessions), out, _Counted("packed"))

    report = in_studio(work)
    if as_json:
        print_json(report)
    else:
        print_text(
            f"{report.path}: {len(report.sessions)} sessions, {report.files} files, "
            f"{report.bytes / 1e6:.1f} MB"
        )


@project.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def import_(file: Path, as_json: bool) -> None:
    """Read the sessions of FILE into this studio.

    The whole file is proven first. What is here already stays as it is: importing twice changes nothing,
    and a session that is here and differs is refused (exit code 2). No character here gets another profile.
    """

    async def work(studio: "Studio") -> "ImportedProject":
        from viraltracker.studio import import_project

        return await import_project(studio, file, _Counted("kept"))

    report = in_studio(work)
    if as_json:
        print_json(report)
        return
    for session in report.sessions:
        print_text(f"{session.id} {session.title}: {'already here' if session.here else 'imported'}")
    if report.added:
        say(f"Characters added, with their profiles: {', '.join(report.added)}.")
    if report.kept:
        say(f"Characters that were here and stayed as they are: {', '.join(report.kept)}.")


async def _chosen(studio: "Studio", names: tuple[str, ...]) -> "list[UUID]":
    if names:
        return list(dict.fromkeys([await session_id(studio.sessions, name) for name in names]))
    held = [
        session.id
        for shelf in ("active", "archived")
        for session in await studio.sessions.list(shelf, _MOST_SESSIONS)
    ]
    if not held:
        raise BadInput("There are no sessions to export.")
    return sorted(held)


class _Counted:
    """Says on stderr how many files there were, now and then."""

    def __init__(self, done: str) -> None:
        self._done, self._files = done, 0

    def __call__(self, sha256: str) -> None:
        self._files += 1
        if self._files % _SAY_EVERY == 0:
            say(f"{self._files} files {self._done}.")
