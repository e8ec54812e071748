"""What a click on the board means: one use case of the studio for each. Answers what is worth telling."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from viraltracker.errors import BadInput
from viraltracker.studio import Desk, Studio
from viraltracker.takes import BeatRow, Requested, Revision, Session, best_takes
from viraltracker.ui.components.board import events as on_board
from viraltracker.ui.show.words import plural

__all__ = ["act_on_board"]

_ASKING = (on_board.Generate, on_board.Again, on_board.Revised, on_board.Act, on_board.Fill)


async def act_on_board(studio: Studio, session: UUID, event: on_board.BoardEvent) -> str:
    """Do what the producer wanted. A message, or "" where the board itself shows what came of it.

    What chooses among takes needs no look at the session, and the session is the dearest thing to read.
    """
    if isinstance(event, _ASKING):
        return await _ask(studio, await studio.sessions.get(session), event)
    return await _choose(studio, session, event)


async def _ask(studio: Studio, held: Session, event: on_board.BoardEvent) -> str:
    match event:
        case on_board.Generate(beats=beats):
            return await _generate(studio, held, [_beat(held, beat).beat_id for beat in beats])
        case on_board.Again(beat=beat):
            return await _again(studio, held, _beat(held, beat))
        case on_board.Revised():
            return await _revise(studio, held, event)
        case on_board.Act(beat=beat, action=action):
            return await _act(studio, held, _beat(held, beat), action)
    return _asked(await (await studio.generate()).fill(held))


async def _choose(studio: Studio, session: UUID, event: on_board.BoardEvent) -> str:
    match event:
        case on_board.Pick(beat=beat, take=take):
            await studio.choose.pick(session, {beat: take})
        case on_board.PickBest():
            return await _pick_best(studio, await studio.desk(session))
        case on_board.Unpick(beat=beat):
            await studio.choose.pick(session, {beat: None})
        case on_board.Star(take=take, on=on):
            await studio.choose.star(take, on)
        case on_board.Lock(beat=beat, on=on):
            await studio.choose.lock(beat, on)
        case on_board.Note(beat=beat, text=text):
            await studio.choose.note_beat(beat, text)
        case on_board.Cancel():
            return await _cancel(studio, session)
        case on_board.Undo():
            undone = await studio.choose.undo(session)
            return f"Undone: {undone}." if undone else "There is nothing to undo."
    return ""


async def _pick_best(studio: Studio, desk: Desk) -> str:
    picks = best_takes(desk.session, desk.planner, desk.standing.beats)
    if not picks:
        return "Every beat that has a take has a pick that fits."
    await studio.choose.pick(desk.session.id, picks)
    picked = [
        f"{beat.content.number:02d} take {take.number}"
        for beat in desk.session.script_beats
        for take in beat.takes
        if picks.get(beat.id) == take.id
    ]
    stale = _stale_among(desk, picks)
    with_stale = f", {stale} of them with a stale take" if stale else ""
    return f"{plural(len(picks), 'beat')} picked{with_stale}: {_first_few(picked, ', ')}. U undoes it."


def _stale_among(desk: Desk, picks: Mapping[UUID, UUID | None]) -> int:
    standings = desk.standing.beats
    return sum(
        picks.get(beat.id) == take.id and take.number in (standings[beat.beat_id].stale or {})
        for beat in desk.session.script_beats
        for take in beat.takes
    )


def _beat(held: Session, beat: UUID) -> BeatRow:
    for row in held.beats:
        if row.id == beat:
            return row
    raise BadInput("That beat is not in this session any more. Reload the page.")


async def _generate(studio: Studio, held: Session, beat_ids: Iterable[str]) -> str:
    return _asked(await (await studio.generate()).beats(held, beat_ids))


async def _again(studio: Studio, held: Session, beat: BeatRow) -> str:
    source = beat.picked or next((take for take in reversed(beat.takes) if take.status == "done"), None)
    if source is None or source.revision == Revision():
        return await _generate(studio, held, [beat.beat_id])
    generate = await studio.generate()
    return _asked(await generate.revise(held, beat.beat_id, source.revision, source.id))


async def _revise(studio: Studio, held: Session, event: on_board.Revised) -> str:
    beat = _beat(held, event.beat)
    source = next((take for take in beat.takes if take.id == event.take), None) or beat.picked
    before = source.revision if source else Revision()
    revision = Revision(
        direction=before.direction if event.direction is None else event.direction,
        pace=before.pace if event.pace is None else event.pace,
        stability=before.stability if event.stability is None else event.stability,
        style=before.style if event.style is None else event.style,
        similarity=before.similarity,
        speed=before.speed if event.pace is None else None,
        seed=before.seed,
        engine=before.engine,
    )
    generate = await studio.generate()
    return _asked(await generate.revise(held, beat.beat_id, revision, source.id if source else None))


async def _act(studio: Studio, held: Session, beat: BeatRow, action: str) -> str:
    generate = await studio.generate()
    if action == "again":
        return await _generate(studio, held, [beat.beat_id])
    if action == "espeak":
        return _asked(await generate.revise(held, beat.beat_id, Revision(engine="espeak"), None))
    raise BadInput(f'There is no action "{action[:40]}" on a beat.')


async def _cancel(studio: Studio, session: UUID) -> str:
    cancelled = await (await studio.generate()).cancel(session)
    finishing = (
        f" {plural(cancelled.finishing, 'take')} under way will finish and be kept."
        if cancelled.finishing
        else ""
    )
    return f"{plural(cancelled.dropped, 'take')} dropped from the queue.{finishing}"


def _asked(requested: Requested) -> str:
    said = _first_few([f"{beat}: {reason}" for beat, reason in requested.left_out.items()], "; ")
    if requested.takes or requested.already:
        return f"Left out: {said}" if said else ""
    return f"Nothing was generated. {said}" if said else "There is nothing to generate."


def _first_few(said: Sequence[str], between: str, most: int = 3) -> str:
    more = len(said) - most
    return between.join(said[:most]) + (f" and {more} more" if more > 0 else "")
