"""Tools on exports: the mastered episode, and the editors' ZIP of the picked takes."""

from typing import Annotated
from uuid import UUID

from pydantic import Field
from pydantic_ai import RunContext

from viraltracker.agent.bench import Bench
from viraltracker.agent.lines import export_line
from viraltracker.agent.results import ExportLine
from viraltracker.workflow import export_ended

__all__ = ["export_episode", "export_selected_takes"]

Wait = Annotated[int, Field(ge=0, le=600)]


async def export_episode(
    ctx: RunContext[Bench],
    session: str,
    stereo: bool = False,
    leave_out_unpicked: bool = False,
    wait_s: Wait = 300,
) -> ExportLine:
    """Master the picked takes into one MP3 with chapters. Costs nothing; earlier exports are kept.

    Beats without a picked take are refused, unless they shall be left out. The producer fetches the file on
    the Episode page.

    Args:
        session: The session's id or whole title; "" is the open one.
        stereo: Stereo at -16 LUFS instead of mono at -19.
        leave_out_unpicked: Leave beats without a picked take out. Only if the producer said so.
        wait_s: How long to wait for the file, in seconds.
    """
    bench = ctx.deps
    held = await bench.named(session)
    asked = await bench.studio.exports.request_mp3(held, stereo, leave_out_unpicked)
    return await _exported(bench, asked.id, wait_s)


async def export_selected_takes(
    ctx: RunContext[Bench], session: str, leave_out_unpicked: bool = False, wait_s: Wait = 300
) -> ExportLine:
    """Pack the picked takes into a ZIP for editors: one audio file for each beat, and a manifest.

    Args:
        session: The session's id or whole title; "" is the open one.
        leave_out_unpicked: Leave beats without a picked take out. Only if the producer said so.
        wait_s: How long to wait for the file, in seconds.
    """
    bench = ctx.deps
    held = await bench.named(session)
    asked = await bench.studio.exports.request_zip(held, leave_out_unpicked)
    return await _exported(bench, asked.id, wait_s)


async def _exported(bench: Bench, export: UUID, wait_s: int) -> ExportLine:
    row = await export_ended(
        bench.studio, export, lambda event: bench.progress(event.words), bench.hands, within_s=wait_s
    )
    return export_line(row)
