"""The whole line as one tool: from a script, or from where a session stands, to a mastered episode."""

from dataclasses import dataclass, replace

from pydantic_ai import RunContext

from viraltracker import workflow
from viraltracker.agent.approvals import Question
from viraltracker.agent.bench import Bench
from viraltracker.agent.lines import export_line
from viraltracker.agent.results import PAGE, ExportLine, cut
from viraltracker.errors import BadInput

__all__ = ["Episode", "Missing", "complete_audio_workflow"]


@dataclass(frozen=True, slots=True)
class Missing:
    """A beat that could not be made, and why."""

    beat: str
    why: str


@dataclass(frozen=True, slots=True)
class Episode:
    """What came out. With `missing` there is no export: call again with the session once it is mended."""

    session_id: str
    takes: int
    generations_made: int
    generations_reused: int
    usd: float
    missing: tuple[Missing, ...]
    export: ExportLine | None = None


async def complete_audio_workflow(
    ctx: RunContext[Bench],
    els: str | None = None,
    session: str | None = None,
    stereo: bool = False,
    leave_out_unpicked: bool = False,
) -> Episode:
    """Do the whole line in one go: take a script, make what is missing, pick, master, export.

    Needs the producer's yes. What was made or picked before stays. Where beats fail, all others are made and
    kept; call it again with the session to go on.

    Args:
        els: A script that the producer gave, for a new session or, with `session`, as its new version.
        session: The session to go on with: its id or whole title; "" is the open one.
        stereo: Stereo at -16 LUFS instead of mono at -19.
        leave_out_unpicked: Export without beats that have no take. Only if the producer said so.
    """
    bench = ctx.deps
    if els is None and session is None:
        raise BadInput("Give a script, or name the session to go on with.")
    held = None if session is None else await bench.named(session)
    order = workflow.Order(els, held.id if held else None, stereo=stereo, leave_out=leave_out_unpicked)
    planned = await workflow.plan_of_work(bench.studio, order)
    question = Question(
        "spend",
        f'Make the whole episode "{planned.title}"',
        beats=planned.beats,
        characters=planned.characters,
        usd=planned.usd,
        exact=planned.exact,
    )
    covered = {
        "els": els,
        "session": str(held.id) if held else None,
        "script": held.script_number if held else 0,
        "beats": list(planned.beats),
        "stereo": stereo,
        "leave_out_unpicked": leave_out_unpicked,
    }
    yes = await bench.need("complete_audio_workflow", covered, question, held.id if held else None)
    if not planned.beats:  # otherwise the takes use it up, being asked for under it
        await bench.approvals.use(yes)
    outcome = await workflow.complete_audio_workflow(
        bench.studio, replace(order, batch=yes.id), lambda event: bench.progress(event.words), bench.hands
    )
    return Episode(
        session_id=str(outcome.session),
        takes=outcome.takes,
        generations_made=outcome.generations_made,
        generations_reused=outcome.generations_reused,
        usd=outcome.usd,
        export=export_line(outcome.export) if outcome.export else None,
        missing=tuple(Missing(f.beat_id, cut(f.reason, 300)) for f in outcome.failures[:PAGE]),
    )
