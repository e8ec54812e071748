"""Tools on ELS scripts: check one, read one, edit a beat."""

from pydantic_ai import RunContext

from viraltracker.agent.approvals import Question
from viraltracker.agent.bench import Bench
from viraltracker.agent.lines import script_report, segment_lines
from viraltracker.agent.results import Done, ScriptReport
from viraltracker.errors import NotFound
from viraltracker.script import accepted, beat_block, changed_lines, parse, with_block

__all__ = ["edit_beat", "parse_els_script", "read_beat", "validate_els_script"]


async def validate_els_script(ctx: RunContext[Bench], els: str) -> ScriptReport:
    """Check an ELS script and list what is wrong with it. Saves nothing, costs nothing.

    Args:
        els: The whole script, from [META] to the last [END_BEAT].
    """
    return script_report(parse(els, await ctx.deps.studio.script_cast()))


async def parse_els_script(ctx: RunContext[Bench], els: str, offset: int = 0) -> ScriptReport:
    """Read an ELS script into beats: their ids, the cast's share, the length. Saves nothing, costs nothing.

    Args:
        els: The whole script.
        offset: How many beats to skip; an answer lists 25.
    """
    return script_report(parse(els, await ctx.deps.studio.script_cast()), max(0, offset))


async def read_beat(ctx: RunContext[Bench], session: str, beat: str) -> ScriptReport:
    """A beat of a session word for word: its segments with speaker, pace, direction and pauses.

    Args:
        session: The session's id or whole title; "" is the open one.
        beat: The beat's id in the script.
    """
    held = await ctx.deps.named(session)
    row = held.beat(beat)
    if row is None or row.position is None:
        raise NotFound(f'There is no beat "{beat}" in "{held.title}". get_production_session lists them.')
    return ScriptReport(
        ok=True,
        errors=0,
        warnings=0,
        findings=(),
        more_findings=0,
        title=row.content.name,
        beats=(beat,),
        segments=segment_lines(row.content),
        characters=len(row.content.text),
    )


async def edit_beat(ctx: RunContext[Bench], session: str, beat: str, block: str) -> Done:
    """Put a new text in a beat's place and save it as a new version of the script. Needs the producer's yes.

    The producer sees the change line by line before anything is written. Takes of the beat become stale.

    Args:
        session: The session's id or whole title; "" is the open one.
        beat: The id of the beat to replace.
        block: The beat's new block, from [BEAT: id] to [END_BEAT], with the same id.
    """
    bench = ctx.deps
    held = await bench.named(session)
    script = await bench.studio.sessions.script(held.id)
    cast = await bench.studio.script_cast()
    els = with_block(script.els, beat, block)
    accepted(parse(els, cast))
    change = changed_lines(beat_block(script.els, beat), beat_block(els, beat))
    question = Question("write", f'Change beat {beat} of "{held.title}"', beats=(beat,), diff=change)
    covered = {"session": str(held.id), "based_on": script.latest, "els": els}
    yes = await bench.need("edit_beat", covered, question, held.id)
    await bench.approvals.use(yes)
    saved = await bench.studio.sessions.save_script(held.id, els, script.latest, cast)
    return Done(f"Beat {beat} is changed; the script is version {saved.script_number} now.", str(held.id))
