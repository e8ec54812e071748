"""Tools on work under way: what is being made, and dropping what waits."""

from dataclasses import dataclass

from pydantic_ai import RunContext

from viraltracker.agent.bench import Bench
from viraltracker.agent.results import PAGE, Done, cut
from viraltracker.takes.naming import beats_named

__all__ = ["Work", "WorkLine", "cancel_jobs", "job_status"]


@dataclass(frozen=True, slots=True)
class WorkLine:
    """A piece of work: a take of a beat, or an export."""

    kind: str
    session_id: str
    title: str
    what: str
    status: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What is under way over all sessions, and what lately was. Nothing moves without a job worker."""

    under_way: int
    job_workers: int
    lately: tuple[WorkLine, ...]


async def job_status(ctx: RunContext[Bench]) -> Work:
    """What the job workers are at, what waits, and what lately was done or failed, over all sessions."""
    activity = await ctx.deps.studio.activity(PAGE)
    return Work(
        activity.under_way,
        len(activity.workers),
        tuple(
            WorkLine(
                kind=str(item["kind"]),
                session_id=str(item["session"]),
                title=cut(str(item["title"])),
                what=cut(str(item["what"])),
                status=str(item["status"]),
                problem=cut(str(item["error"]["message"]), 300) if item.get("error") else None,
            )
            for item in activity.work
        ),
    )


async def cancel_jobs(ctx: RunContext[Bench], session: str, beats: list[str] | None = None) -> Done:
    """Drop the takes of a session that wait. A take under way is paid for, so it is finished and kept.

    Args:
        session: The session's id or whole title; "" is the open one.
        beats: Only of these beats or ranges; left out: all.
    """
    bench = ctx.deps
    held = await bench.named(session)
    chosen = [take.id for beat in beats_named(held, beats) for take in beat.takes] if beats else None
    cancelled = await (await bench.studio.generate()).cancel(held.id, chosen)
    return Done(
        f"{cancelled.dropped} takes were dropped; {cancelled.finishing} under way finish and are kept.",
        str(held.id),
    )
