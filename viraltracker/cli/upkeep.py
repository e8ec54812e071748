"""`viraltracker migrate`, `check`, `gc`, `backup`, `restore`: the data, proven, swept and carried away."""

from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
import click

from viraltracker.cli.edge import FINDINGS
from viraltracker.cli.files import check_target
from viraltracker.cli.inside import begin, in_studio, interruptible
from viraltracker.cli.options import json_option
from viraltracker.cli.screen import print_json, print_text, say, warn
from viraltracker.errors import BadInput

if TYPE_CHECKING:
    from viraltracker.settings import Settings
    from viraltracker.store import BackupReport, CheckReport, RestoreReport, SweepReport
    from viraltracker.studio import Studio

__all__ = ["backup", "check", "gc", "migrate", "restore"]

_LISTED = 20


@click.command()
@click.option(
    "--check", "only_check", is_flag=True, help="Only say what would be run; exit code 1 if there is any."
)
@click.option(
    "--print", "only_print", is_flag=True, help="Write it all as one SQL text, for Supabase's SQL editor."
)
@json_option
def migrate(only_check: bool, only_print: bool, as_json: bool) -> int:
    """Bring the database up to date. The studio does it by itself at every start.

    Safe to run twice, and while somebody else does. With --print no database is asked or changed.
    """
    settings = begin()
    if only_print:
        return _print_sql(as_json)

    async def work() -> tuple[str, ...]:
        from viraltracker.settings import resource
        from viraltracker.store import migrate as run
        from viraltracker.store import pending
        from viraltracker.studio import open_database, vendors

        async with open_database(settings) as database:
            arguments = (database.admin_dsn, resource("sql"), vendors())
            if only_check:
                return await anyio.to_thread.run_sync(pending, *arguments)
            return (await anyio.to_thread.run_sync(run, *arguments)).applied

    steps = anyio.run(interruptible, work)
    if as_json:
        print_json({"pending" if only_check else "applied": list(steps)})
    else:
        for step in steps:
            print_text(step)
        done = "are to be run" if only_check else "were run"
        say(f"{len(steps)} migrations {done}." if steps else "The database is up to date.")
    return FINDINGS if only_check and steps else 0


def _require_audio_here(settings: "Settings") -> None:
    if settings.supabase_url is not None:
        message = (
            "The audio lies in Supabase's bucket and not on this disk, which backups are made of. Bring it "
            "here with `viraltracker blobs copy --to folder`, then run this without SUPABASE_URL."
        )
        raise BadInput(message)


def _print_sql(as_json: bool) -> int:
    from viraltracker.settings import resource
    from viraltracker.store import pasted
    from viraltracker.studio import vendors

    text = pasted(resource("sql"), vendors())
    if as_json:
        print_json({"sql": text})
    else:
        print_text(text.rstrip())
    return 0


@click.command()
@json_option
def check(as_json: bool) -> int:
    """Prove that every row has its file and every file its hash. Reads all audio; changes nothing.

    Exit code 1 when something is missing or changed. What is lost is listed with the rows that used it.
    """

    async def work(studio: "Studio") -> "CheckReport":
        from viraltracker.store import check as prove

        return await prove(*studio.stores.for_upkeep())

    report = in_studio(work)
    if as_json:
        print_json(report.as_json())
    else:
        for loss in report.losses:
            used = ", ".join(f"{rows} in {place}" for place, rows in loss.used_in.items()) or "by nothing"
            print_text(f"{loss.sha256} {loss.what}, used: {used}")
        say(
            f"{report.blobs} files, {_megabytes(report.bytes)}; {len(report.losses)} lost, "
            f"{report.unused + len(report.unknown)} that nothing refers to."
        )
    return 0 if report.ok else FINDINGS


@click.command()
@click.option("--apply", "really", is_flag=True, help="Do it; without this it only says what would go.")
@json_option
def gc(really: bool, as_json: bool) -> None:
    """Sweep away audio that nothing needs any more.

    What nothing has referred to for 7 days goes into a trash, which keeps it for another 30 days. Sessions
    that were in the trash for over 30 days go for good first. Without --apply nothing is changed.
    """

    async def work(studio: "Studio") -> "tuple[int, SweepReport]":
        from viraltracker.store import gc as sweep

        rows, files = studio.stores.for_upkeep()
        purged = (await studio.records.call("studio_trash_purge_v1"))["purged"] if really else 0
        report = await sweep(rows, files, dry_run=not really)
        return purged, report

    purged, report = in_studio(work)
    if as_json:
        print_json({**report.as_json(), "purged_sessions": purged})
        return
    would = "" if really else "would be "
    print_text(f"{len(report.trashed)} files ({_megabytes(report.trashed_bytes)}) {would}moved to the trash")
    print_text(f"{len(report.purged)} files {would}removed from the trash for good")
    print_text(f"{len(report.restored)} files {would}put back, as something refers to them again")
    if really:
        print_text(f"{purged} sessions removed for good")
    else:
        say("Nothing was changed. --apply does it.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def backup(file: Path, as_json: bool) -> None:
    """Write everything, rows and audio, into one archive FILE. The studio may go on meanwhile.

    An existing FILE is not replaced.
    """
    out = check_target(file)
    if out.exists():
        raise BadInput(f"There is a file at {file} already. Choose another name; nothing was changed.")
    settings = begin()
    _require_audio_here(settings)

    async def work() -> "BackupReport":
        from viraltracker.store import backup as write
        from viraltracker.studio import open_database

        async with open_database(settings) as database:
            return await anyio.to_thread.run_sync(write, database.admin_dsn, settings.data, out)

    report = anyio.run(interruptible, work)
    if as_json:
        print_json(report)
    else:
        print_text(f"{report.path}: {report.rows} rows, {report.blobs} files, {_megabytes(report.bytes)}")
    _warn_missing(report.missing)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def restore(file: Path, as_json: bool) -> None:
    """Read a backup back into an empty studio.

    FILE goes into the data folder of VIRALTRACKER_DATA, and the database of DATABASE_URL if that is set.
    All or nothing: where something is already, or the archive is not whole, nothing is changed.
    """
    if not file.is_file():
        raise BadInput(f"There is no archive at {file}.")
    settings = begin()

    def work() -> "RestoreReport":
        from viraltracker.settings import resource
        from viraltracker.store import restore as read
        from viraltracker.studio import vendors

        url = settings.database_url
        address = None if url is None else url.get_secret_value()
        return read(file, settings.data, resource("sql"), vendors(), admin_dsn=address)

    report = work()
    if as_json:
        print_json(report)
    else:
        print_text(
            f"Restored into {settings.data}: {report.rows} rows, {report.blobs} files, "
            f"as they were on {report.made_at:%Y-%m-%d at %H:%M} UTC"
        )
    _warn_missing(report.missing)


def _warn_missing(missing: tuple[str, ...]) -> None:
    if missing:
        names = "".join(f"\n  {name}" for name in missing[:_LISTED])
        warn(f"{len(missing)} files were missing or changed when the backup was made:{names}")


def _megabytes(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB"
