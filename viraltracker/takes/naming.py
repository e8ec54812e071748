"""What a person calls a thing, and which one is meant: sessions, beats, ranges of beats, takes.

Every refusal lists what there is. Reads sessions; changes nothing.
"""

from collections.abc import Sequence
from uuid import UUID

from viraltracker.errors import BadInput, NotFound
from viraltracker.takes.model import BeatRow, Session, Take
from viraltracker.takes.sessions import Sessions

__all__ = ["beats_named", "one_beat", "session_id", "session_named", "take_of"]

_LISTED = 10


async def session_id(sessions: Sessions, name: str) -> UUID:
    """The session with that id, beginning of an id, or title, on any shelf.

    Raises `NotFound`, or `BadInput` with the candidates when several are meant.
    """
    found = await sessions.find(name)
    if not found:
        raise NotFound(f'There is no session "{name}". `viraltracker sessions list` shows what there is.')
    # A title that is there once among the sessions in use is meant, whatever lies in the archive or trash.
    in_use = [each for each in found if each.shelf == "active"]
    chosen = in_use if len(in_use) == 1 else found
    if len(chosen) > 1:
        lines = [f"  {each.id}  {each.title} ({each.shelf})" for each in chosen[:_LISTED]]
        more = [f"  and {len(chosen) - _LISTED} more"] if len(chosen) > _LISTED else []
        raise BadInput(
            "\n".join([f'"{name}" can mean {len(chosen)} sessions. Name one by its id:', *lines, *more])
        )
    return chosen[0].id


async def session_named(sessions: Sessions, name: str) -> Session:
    """The session itself; see `session_id`."""
    return await sessions.get(await session_id(sessions, name))


def one_beat(session: Session, name: str) -> BeatRow:
    """The beat of the script with that id. Raises `NotFound`, naming those there are."""
    beat = session.beat(name)
    if beat is None or beat.position is None:
        ids = [each.beat_id for each in session.script_beats]
        shown = ", ".join(ids[:_LISTED]) + (f" and {len(ids) - _LISTED} more" if len(ids) > _LISTED else "")
        raise NotFound(f'There is no beat "{name}" in the script of "{session.title}". It has {shown}.')
    return beat


def beats_named(session: Session, names: Sequence[str]) -> tuple[BeatRow, ...]:
    """The beats of ids and ranges (`01_open..04_turn`, both ends included), in the script's order, each once.

    No name at all means every beat. Raises `NotFound` and `BadInput`.
    """
    beats = session.script_beats
    if not names:
        return beats
    places = {beat.beat_id: place for place, beat in enumerate(beats)}
    wanted: set[int] = set()
    for name in names:
        # An id may hold dots itself; a beat with just that id is meant first.
        first, dots, last = ("", "", "") if name in places else name.partition("..")
        if not dots:
            wanted.add(places[one_beat(session, name).beat_id])
            continue
        start = places[one_beat(session, first).beat_id] if first else 0
        end = places[one_beat(session, last).beat_id] if last else len(beats) - 1
        if start > end:
            raise BadInput(f'The range "{name}" runs backwards: {last} stands before {first}. Turn it round.')
        wanted.update(range(start, end + 1))
    return tuple(beats[place] for place in sorted(wanted))


def take_of(beat: BeatRow, number: int | None) -> Take:
    """The take with that number; without one the picked take, else the newest finished one.

    Raises `NotFound`.
    """
    done = [take for take in beat.takes if take.status == "done"]
    if number is None:
        found = beat.picked or (done[-1] if done else None)
        if found is None:
            raise NotFound(f"Beat {beat.beat_id} has no finished take. Generate one first.")
        return found
    found = next((take for take in beat.takes if take.number == number), None)
    if found is None:
        there = ", ".join(str(take.number) for take in beat.takes) or "none"
        raise NotFound(f"Beat {beat.beat_id} has no take {number}. Its takes: {there}.")
    return found
