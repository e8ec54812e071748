"""What an order comes to, before anything is written: the session as it will be, and what is refused.

The script of the order is laid over the session's beats as saving it will do, so that one rule (`gaps`) says
what is missing or stale, beforehand and when it is done.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from viraltracker.errors import BadInput
from viraltracker.script import Script, accepted, parse
from viraltracker.store import free_space_check
from viraltracker.studio import Studio
from viraltracker.takes import (
    BeatPlan,
    BeatRow,
    Generate,
    Planner,
    Session,
    Take,
    beat_standing,
    differences,
    gaps,
    session_standing,
)

__all__ = ["Foreseen", "Order", "Planned", "awaited", "foresee", "plan_of_work", "refuse_full_disk", "timely"]

_DISK_BYTES_A_MS = 150
"""What a rendered millisecond takes at most: an engine's PCM, the take's FLAC, the MP3 made and kept."""
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted: an episode of a script, of a session, or of a script saved into a session.

    `els` None: `session` as it is. A script alone continues the active session of the same title and text,
    else it makes a new one. `engine` speaks all beats, whatever the profiles say. `leave_out`: beats without
    a take are left out of the episode. `batch` is the id of a producer's yes, which the takes use up.
    """

    els: str | None
    session: UUID | None = None
    engine: str | None = None
    stereo: bool = False
    leave_out: bool = False
    batch: UUID | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """What an order would make now.

    `session` None: it will be a new one. `exact` False: the provider decides afterwards. The cost counts
    nothing as free for being there already, so it is never too low.
    """

    session: UUID | None
    title: str
    beats: tuple[str, ...]
    characters: int
    usd: float
    exact: bool


@dataclass(frozen=True, slots=True)
class Foreseen:
    """`found` is the session to go on with, `session` what it will be; `plans` by beat what is to be made."""

    found: Session | None
    session: Session
    plans: Mapping[str, BeatPlan]


async def plan_of_work(studio: Studio, order: Order) -> Planned:
    """What `complete_audio_workflow` would make of the order, to ask a producer; writes nothing.

    Raises what would be refused.
    """
    foreseen = await foresee(studio, order)
    plans = foreseen.plans.values()
    return Planned(
        session=foreseen.found.id if foreseen.found else None,
        title=foreseen.session.title,
        beats=tuple(foreseen.plans),
        characters=sum(plan.characters for plan in plans),
        usd=sum(plan.usd for plan in plans),
        exact=all(plan.exact for plan in plans),
    )


async def foresee(studio: Studio, order: Order) -> Foreseen:
    """The order as it would be carried out.

    Raises `ScriptRefused`, `NotFound`, `DiskFull`, and `BadInput` for an engine that is not there or has no
    key, and for characters without a voice, unless their beats shall be left out.
    """
    if order.engine is not None and order.engine not in studio.engines:
        raise BadInput(f'There is no engine "{order.engine}". The engines: {", ".join(studio.engines)}.')
    cast = await studio.script_cast()
    script = None if order.els is None else accepted(parse(order.els, cast))
    found = await _session_for(studio, order, script)
    session = _as_saved(found, script)
    generate = await studio.generate()
    plans = _plans(session, generate, order)
    for engine in sorted({segment.engine for plan in plans.values() for segment in plan.segments}):
        health = await studio.engines[engine].health()
        if health.needs is not None:
            raise BadInput(f"{engine} can't be used: {health.note}. Nothing was changed.")
    refuse_full_disk(session_standing(session, generate.planner).duration_ms, studio.settings.data)
    return Foreseen(found, session, plans)


def refuse_full_disk(duration_ms: int, *folders: Path) -> None:
    """Raise `DiskFull` when an episode of that length and its takes don't fit into one of the folders."""
    for folder in folders:
        free_space_check(folder, duration_ms * _DISK_BYTES_A_MS)


def timely(session: Session, planner: Planner) -> Session:
    """The session without the takes under way that will be stale when they are made.

    They were asked for before the script or a voice changed, and what is missing is missing in spite of them.
    """
    beats = (
        replace(beat, takes=tuple(take for take in beat.takes if not _belated(beat, take, planner)))
        for beat in session.beats
    )
    return replace(session, beats=tuple(beats))


def awaited(session: Session, planner: Planner) -> Iterator[UUID]:
    """Takes under way that an episode needs: of beats that have no finished take which still fits."""
    for beat in session.script_beats:
        stale = beat_standing(beat, planner).stale or {}
        if not any(take.status == "done" and take.number not in stale for take in beat.takes):
            yield from (take.id for take in beat.takes if _under_way(take))


async def _session_for(studio: Studio, order: Order, script: Script | None) -> Session | None:
    """The session to go on with: the named one, else the last one of the same title and text."""
    if order.session is not None:
        held = await studio.sessions.get(order.session)
        if held.deleted_at is not None:
            raise BadInput(f'"{held.title}" is in the trash. Restore it on the Sessions page first.')
        return held
    if script is None:
        raise BadInput("There is nothing to make an episode of. Name a session, or give a script.")
    for found in await studio.sessions.find(script.title):
        if found.shelf == "active" and (await studio.sessions.script(found.id)).els == order.els:
            return await studio.sessions.get(found.id)
    return None


def _as_saved(found: Session | None, script: Script | None) -> Session:
    """The session once the script is saved into it: same id, same beat, and its takes stay with it."""
    if script is None:
        assert found is not None  # noqa: S101 - an order names one of the two
        return found
    rows = {beat.beat_id: beat for beat in found.beats} if found else {}
    beats = tuple(
        replace(rows[beat.id], position=position, content=beat)
        if beat.id in rows
        else BeatRow(uuid4(), beat.id, position, beat, locked=False, note="", selected=None, takes=())
        for position, beat in enumerate(script.beats, start=1)
    )
    if found is not None:
        return replace(found, beats=beats)
    return Session(uuid4(), script.title, script.project, 1, _NEVER, _NEVER, 0.0, beats, exports=())


def _plans(session: Session, generate: Generate, order: Order) -> dict[str, BeatPlan]:
    """The beats that will be made, and how. Raises `BadInput` when there is one that can't be spoken."""
    missing = {beat.id for beat in gaps(timely(session, generate.planner), generate.planner, order.engine)}
    plans, problems = {}, []
    for beat in session.script_beats:
        try:
            plan = generate.plan_to_fill(beat, order.engine)
        except BadInput as refused:
            problems.append(refused.message)
        else:
            if beat.id in missing:
                plans[beat.beat_id] = plan
    if problems and not order.leave_out:
        raise BadInput("\n".join(dict.fromkeys(problems)))
    return plans


def _belated(beat: BeatRow, take: Take, planner: Planner) -> bool:
    if not _under_way(take):
        return False
    try:
        now = planner.plan(beat.content, take.revision, take.plan.attempt)
    except BadInput:
        return True
    return bool(differences(take.plan, now))


def _under_way(take: Take) -> bool:
    return take.status in ("queued", "generating")
