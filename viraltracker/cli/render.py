"""`viraltracker render`: the whole line in one command, from a script to a mastered MP3."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import click

from viraltracker.cli.files import check_target, copy_out
from viraltracker.cli.inside import in_studio
from viraltracker.cli.making import refuse_failed
from viraltracker.cli.options import engine_option, json_option, leave_out_option, out_option, stereo_option
from viraltracker.cli.progress import telling
from viraltracker.cli.reading import readable_script
from viraltracker.cli.screen import print_json, print_text
from viraltracker.takes.naming import session_id
from viraltracker.units import clock

if TYPE_CHECKING:
    from viraltracker.studio import Studio
    from viraltracker.takes import ExportRow
    from viraltracker.workflow import Outcome

__all__ = ["render"]


@dataclass(frozen=True, slots=True)
class _Asked:
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
def render(file: str, as_json: bool, **options: object) -> None:
    """Make an episode of a script, without a browser.

    Reads FILE (- for stdin), generates what is missing or stale, picks a take for every beat without one,
    masters, and writes the MP3. What you have picked stays picked. The work happens in a session that the
    studio shows: one with the same title and the same text is continued, otherwise a new one is made;
    stderr says which. Rendered twice, the second time nothing is generated. With --leave-out the episode is
    also made where takes failed; they are an error all the same.

    --engine is for this render: beats whose picked take speaks with another engine get one that speaks with
    it. The voice profiles stay as they are.

    \b
    Prints {session_id, duration_ms, integrated_lufs, true_peak_dbtp, takes, generations_made,
    generations_reused, cost} with --json: takes are those in the episode, generations their requests to
    engines (made now, or there already), cost is US dollars spent now.

    Ctrl-C drops what is queued; what was made stays in the session, and the next render goes on from there.
    """
    asked = _Asked(file=file, **options)  # type: ignore[arg-type]
    check_target(asked.out)
    told = in_studio(lambda studio: _render(studio, asked))
    if as_json:
        print_json(told)
    else:
        print_text(
            f"{asked.out}: {clock(told['duration_ms'])}, {told['integrated_lufs']:.1f} LUFS, "
            f"{told['true_peak_dbtp']:.1f} dBTP, {told['takes']} takes, "
            f"{told['generations_made']} generations made and {told['generations_reused']} reused, "
            f"${told['cost']:.2f}"
        )


async def _render(studio: "Studio", asked: _Asked) -> dict[str, Any]:
    from viraltracker.workflow import Order, complete_audio_workflow, hands_for, refuse_full_disk

    read = readable_script(asked.file, await studio.script_cast())
    session = None if asked.session is None else await session_id(studio.sessions, asked.session)
    order = Order(read.els, session, asked.engine, asked.stereo, asked.leave_out)
    refuse_full_disk(read.duration_ms, asked.out.expanduser().resolve().parent)
    async with hands_for(studio) as hands:
        with telling() as tell:
            outcome = await complete_audio_workflow(studio, order, tell, hands)
    made = outcome.export
    if made is not None:
        await anyio.to_thread.run_sync(copy_out, await studio.files.file(str(made.file_sha256)), asked.out)
    # A beat of which no take could be asked for is left out as wanted; a take that failed is an error.
    failed = [each for each in outcome.failures if made is None or each.take is not None]
    refuse_failed(failed, tell.takes)
    assert made is not None  # noqa: S101 - only failures keep it from being made
    return _told(outcome, made)


def _told(outcome: "Outcome", made: "ExportRow") -> dict[str, Any]:
    facts = made.facts or {}
    return {
        "session_id": str(outcome.session),
        "duration_ms": facts["duration_ms"],
        "integrated_lufs": facts["integrated_lufs"],
        "true_peak_dbtp": facts["true_peak_dbtp"],
        "takes": outcome.takes,
        "generations_made": outcome.generations_made,
        "generations_reused": outcome.generations_reused,
        "cost": outcome.usd,
    }
