"""`viraltracker blobs copy`: the audio into a Supabase bucket, or back onto this disk."""

from typing import TYPE_CHECKING, cast

import click

from viraltracker.cli.edge import FINDINGS
from viraltracker.cli.inside import in_studio
from viraltracker.cli.options import json_option
from viraltracker.cli.screen import print_json, print_text, say, warn

if TYPE_CHECKING:
    from viraltracker.store import CopyReport
    from viraltracker.studio import Studio

__all__ = ["blobs"]

_SAY_EVERY = 100


@click.group()
def blobs() -> None:
    """Move the audio between this disk and a bucket."""


@blobs.command("copy")
@click.option(
    "--to", type=click.Choice(("bucket", "folder")), required=True, help="Where all of it shall be."
)
@json_option
def copy(to: str, as_json: bool) -> int:
    """Copy the audio into the bucket, or back.

    SUPABASE_URL says which bucket; the folder is the data folder's. What is there is not sent again, so a
    copy that was broken off can be asked for again. Nothing is deleted. Exit code 1 when a file can't be had.
    """

    async def work(studio: "Studio") -> "CopyReport":
        from viraltracker.store import copy_files
        from viraltracker.store.copying import Direction

        return await copy_files(
            studio.records, studio.stores.bucket_of(studio.owner), cast("Direction", to), _told
        )

    report = in_studio(work)
    if as_json:
        print_json(report)
    else:
        print_text(
            f"{report.copied} files copied, {report.bytes / 1e6:.1f} MB; {report.there} were there; "
            f"{len(report.lost)} can't be had."
        )
    for sha256 in report.lost:
        warn(f"{sha256} is missing or damaged.")
    return FINDINGS if report.lost else 0


def _told(report: "CopyReport") -> None:
    if (report.copied + report.there) % _SAY_EVERY == 0:
        say(f"{report.copied} files copied, {report.there} were there.")
