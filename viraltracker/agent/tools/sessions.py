"""Tools on sessions: make one from a script, look at one, list them, set their status, delete one."""

from typing import Literal

from pydantic_ai import RunContext

from viraltracker.agent.approvals import Question
from viraltracker.agent.bench import Bench
from viraltracker.agent.lines import beat_line, session_line
from viraltracker.agent.results import PAGE, Done, SessionList, SessionView
from viraltracker.errors import BadInput
from viraltracker.takes import session_standing

__all__ = [
    "create_production_session",
    "delete_session",
    "get_production_session",
    "list_sessions",
    "update_session_status",
]


async def create_production_session(ctx: RunContext[Bench], els: str) -> Done:
    """Make a new session from an ELS script. A script with errors is refused, with all of them.

    Only for a script that the producer gave; what you wrote yourself goes through write_els_script.

    Args:
        els: The whole script, as the producer gave it.
    """
    studio = ctx.deps.studio
    saved = await studio.sessions.create(els, await studio.script_cast())
    held = await studio.sessions.get(saved.session)
    return Done(f'Session "{held.title}" has {len(held.script_beats)} beats.', str(held.id))


async def get_production_session(ctx: RunContext[Bench], session: str, offset: int = 0) -> SessionView:
    """A session: its status, cost, and 25 of its beats with state, speakers, text and picked take.

    Args:
        session: The session's id or whole title; "" is the open one.
        offset: How many beats to skip.
    """
    bench = ctx.deps
    held = await bench.named(session)
    desk = await bench.studio.desk(held.id)
    offset = max(0, offset)
    beats = desk.session.script_beats
    states = [standing.state for standing in desk.standing.beats.values()]
    return SessionView(
        session=session_line(desk.session, desk.standing),
        states={state: states.count(state) for state in dict.fromkeys(states)},
        script_version=desk.session.script_number,
        beats=tuple(
            beat_line(beat, desk.standing.beats[beat.beat_id]) for beat in beats[offset : offset + PAGE]
        ),
        offset=offset,
        more=max(0, len(beats) - offset - PAGE),
        exports=len(desk.session.exports),
        takes_under_way=sum(take.status in ("queued", "generating") for b in beats for take in b.takes),
    )


async def list_sessions(
    ctx: RunContext[Bench], shelf: Literal["active", "archived", "trash"] = "active", offset: int = 0
) -> SessionList:
    """The sessions of a shelf, last changed first, 25 at a time.

    Args:
        shelf: "active", "archived" or "trash".
        offset: How many to skip.
    """
    studio = ctx.deps.studio
    offset = max(0, offset)
    held = await studio.sessions.list(shelf, offset + PAGE + 1)
    planner = await studio.planner()
    live = bool(await studio.workers())
    page = held[offset : offset + PAGE]
    return SessionList(
        tuple(session_line(each, session_standing(each, planner, live)) for each in page),
        more=len(held) > offset + PAGE,
    )


async def update_session_status(
    ctx: RunContext[Bench], session: str, status: Literal["completed", "not completed", "archived", "active"]
) -> Done:
    """Call a session completed or take that word back, archive it, or bring it back to the list.

    draft, generating, in_progress and exported follow from what is there; they can't be set.

    Args:
        session: The session's id or whole title; "" is the open one.
        status: "completed" or "not completed"; "archived"; "active" (back from the archive or the trash).
    """
    bench = ctx.deps
    held = await bench.named(session)
    sessions = bench.studio.sessions
    if status in ("completed", "not completed"):
        standing = (await bench.studio.desk(held.id)).standing
        await sessions.complete(held, standing, status == "completed")
    elif held.deleted_at is not None:
        if status == "archived":
            raise BadInput(f'"{held.title}" is in the trash. Make it "active" first.')
        await sessions.restore(held.id)
    else:
        await sessions.archive(held.id, status == "archived")
    return Done(f'"{held.title}" is {status} now.', str(held.id))


async def delete_session(ctx: RunContext[Bench], session: str) -> Done:
    """Put a session into the trash, from where it can be restored for 30 days. Needs the producer's yes.

    Args:
        session: The session's id or whole title; "" is the open one.
    """
    bench = ctx.deps
    held = await bench.named(session)
    question = Question(
        "destroy",
        f'Delete "{held.title}"',
        beats=tuple(beat.beat_id for beat in held.script_beats[:PAGE]),
        lines=("Into the trash for 30 days; takes that wait are dropped.",),
    )
    yes = await bench.need("delete_session", {"session": str(held.id)}, question, held.id)
    await bench.approvals.use(yes)
    await bench.studio.sessions.delete(held.id)
    return Done(f'"{held.title}" lies in the trash.', str(held.id))
