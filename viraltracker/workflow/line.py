"""The line itself: save, fill, wait, pick, master. Commands, pages and the agent call this one function.

Whatever is done rests in the database at once, so a call that was broken off is simply made again: what is
there is not made twice.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from viraltracker.studio import Studio
from viraltracker.takes import ExportRow, Session, best_takes, spoken_on
from viraltracker.workflow.events import Failure, SessionReady, TakeFailed, Tell, Warned
from viraltracker.workflow.foresight import Foreseen, Order, awaited, foresee, timely
from viraltracker.workflow.hands import Hands
from viraltracker.workflow.waiting import export_made, failures, takes_ended

__all__ = ["Outcome", "complete_audio_workflow"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an order. `export` None: takes failed, so none was asked for.

    `takes` are those picked for the episode; generations are the requests to engines that finished takes are
    made of, made now or there already; `usd` was spent now, also on takes that failed in the end.
    """

    session: UUID
    export: ExportRow | None
    takes: int
    generations_made: int
    generations_reused: int
    usd: float
    failures: tuple[Failure, ...]


async def complete_audio_workflow(studio: Studio, order: Order, tell: Tell, hands: Hands | None) -> Outcome:
    """Make an episode: generate what is missing or stale, pick the best where nothing is picked, master.

    Refuses what can't be done before anything is written, as `foresee` says. A take that fails is told and
    the others are kept; the episode is then made only if gaps shall be left out. Raises `Unpicked` when a
    locked beat has no pick, and what made the export fail. Cancelled, it drops the takes that are still
    queued. Called again it goes on from there.
    """
    foreseen = await foresee(studio, order)
    session = await _saved(studio, order, foreseen, tell)
    session, wanted, failed = await _filled(studio, order, session, tell, hands)
    export = None
    if not failed or order.leave_out:
        session = await _picked(studio, session, order.engine, tell)
        ask = partial(studio.exports.request_mp3, session, order.stereo, order.leave_out)
        export = await export_made(studio, ask, tell, hands)
    return _outcome(session, export, wanted, failed)


async def _saved(studio: Studio, order: Order, foreseen: Foreseen, tell: Tell) -> Session:
    """The session with the script in it."""
    session, els = foreseen.found, order.els
    if session is None:
        assert els is not None  # noqa: S101 - without a session there was a script
        made = await studio.sessions.create(els, await studio.script_cast())
        tell(SessionReady(made.session, foreseen.session.title, new=True))
        return await studio.sessions.get(made.session)
    tell(SessionReady(session.id, session.title, new=False))
    if els is None or order.session is None:
        return session
    latest = (await studio.sessions.script(session.id)).latest
    await studio.sessions.save_script(session.id, els, latest, await studio.script_cast())
    return await studio.sessions.get(session.id)


async def _filled(
    studio: Studio, order: Order, session: Session, tell: Tell, hands: Hands | None
) -> tuple[Session, frozenset[UUID], tuple[Failure, ...]]:
    """The session with takes for what was missing or stale; those takes; and what could not be made."""
    generate = await studio.generate()
    now = timely(session, generate.planner)
    asked = await generate.fill(now, True, order.engine, order.batch)
    refused = tuple(Failure(beat_id, None, why) for beat_id, why in asked.left_out.items())
    for each in refused:
        tell(TakeFailed(each.beat_id, each.take, each.reason))
    # With an engine given, filling has asked for all it needs, and was told what is under way of that.
    waiting = () if order.engine is not None else awaited(now, generate.planner)
    wanted = frozenset({*asked.takes, *asked.already, *waiting})
    if wanted:
        session = await takes_ended(studio, session.id, wanted, tell, hands)
    return session, wanted, (*refused, *failures(session, wanted))


async def _picked(studio: Studio, session: Session, engine: str | None, tell: Tell) -> Session:
    """The session with a pick for every beat that has a take; one that `engine` speaks, if one is given."""
    planner = await studio.planner()
    picks = best_takes(session, planner)
    for beat in session.script_beats if engine is not None else ():
        take = spoken_on(beat, planner, str(engine))
        if take is not None and take.id != beat.selected and not beat.locked:
            picks[beat.id] = take.id
    await studio.choose.pick(session.id, picks)
    session = await studio.sessions.get(session.id)
    for beat in session.script_beats:
        judgement = beat.picked.judgement if beat.picked else None
        # A take that may not be usable is in the episode all the same, but never without a word.
        if judgement is not None and judgement.verdict == "fail":
            tell(Warned(f"{beat.beat_id}: {'; '.join(found.message for found in judgement.findings)}"))
    return session


def _outcome(
    session: Session, export: ExportRow | None, wanted: Collection[UUID], failed: tuple[Failure, ...]
) -> Outcome:
    picked = [beat.picked for beat in session.script_beats if beat.picked is not None]
    now = [take for beat in session.beats for take in beat.takes if take.id in wanted]
    done = [take for take in now if take.status == "done"]
    before = [take for take in picked if take.id not in wanted]
    return Outcome(
        session=session.id,
        export=export,
        takes=len(picked),
        generations_made=sum(take.parts - take.reused for take in done),
        generations_reused=sum(take.reused for take in done) + sum(take.parts for take in before),
        usd=math.fsum(take.usd or 0.0 for take in now),
        failures=failed,
    )
