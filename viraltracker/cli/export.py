"""`viraltracker export`: a session's picked takes as one mastered MP3, or as the editors' ZIP."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread
import click

from viraltracker.cli.files import check_target, copy_out
from viraltracker.cli.inside import in_studio
from viraltracker.cli.options import (
    json_option,
    leave_out_option,
    out_option,
    session_argument,
    stereo_option,
)
from viraltracker.cli.progress import telling
from viraltracker.cli.screen import print_json, print_text
from viraltracker.cli.told import export_json
from viraltracker.takes.naming import session_named
from viraltracker.units import clock

if TYPE_CHECKING:
    from viraltracker.studio import Studio
    from viraltracker.takes import ExportRow

__all__ = ["export"]


@click.command()
@session_argument
@out_option
@click.option("--zip", "as_zip", is_flag=True, help="One audio file for each beat, and a manifest, in a ZIP.")
@stereo_option
@leave_out_option
@json_option
def export(session: str, out: Path, as_zip: bool, stereo: bool, leave_out: bool, as_json: bool) -> None:
    """Export the picked takes as a mastered MP3, or as a ZIP.

    The MP3 has a chapter for each beat; the ZIP, for editors, a file for each beat and a manifest. A beat
    without a picked take is refused, unless --leave-out says that it shall be left out. With --json:
    {session_id, kind, filename} and what was measured of the file.
    """
    if as_zip and stereo:
        raise click.UsageError("--stereo is for the MP3; a ZIP holds the takes as they are.")
    check_target(out)

    async def work(studio: "Studio") -> None:
        from viraltracker.workflow import export_made, hands_for

        held = await session_named(studio.sessions, session)
        asking = studio.exports
        ask = (
            partial(asking.request_zip, held, leave_out)
            if as_zip
            else partial(asking.request_mp3, held, stereo, leave_out)
        )
        async with hands_for(studio) as hands:
            with telling() as tell:
                row = await export_made(studio, ask, tell, hands)
        await anyio.to_thread.run_sync(copy_out, await studio.files.file(str(row.file_sha256)), out)
        if as_json:
            print_json({"session_id": str(held.id), **export_json(row)})
        else:
            print_text(f"{out}: {_receipt(row)}")

    in_studio(work)


def _receipt(row: "ExportRow") -> str:
    facts = row.facts or {}
    if row.kind == "zip":
        return f"{row.filename}, {facts.get('beats', len(facts))} beats" if "beats" in facts else row.filename
    return (
        f"{clock(facts['duration_ms'])}, {facts['integrated_lufs']:.1f} LUFS, "
        f"{facts['true_peak_dbtp']:.1f} dBTP"
    )
