"""What a producer does with takes.

Pick, star, lock, note, and undo. Each is a row beside the take, never a change of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from viraltracker.errors import BadInput
from viraltracker.takes.model import Session, Take
from viraltracker.takes.plan import Planner
from viraltracker.takes.ports import Records
from viraltracker.takes.state import Standing, beat_standing

__all__ = ["NOTE_MAX", "Choose", "best_takes"]

NOTE_MAX = 2000
"""Characters of a note."""


@dataclass(frozen=True, slots=True)
class Choose:
    """Picks and marks in one owner's sessions."""

    records: Records

    async def pick(self, session: UUID, picks: Mapping[UUID, UUID | None]) -> None:
        """Beat -> its take, or None to unpick. All or none. Raises `Locked`, `NotFound`, `BadInput`."""
        listed = [
            {"beat": str(beat), "take": None if take is None else str(take)} for beat, take in picks.items()
        ]
        if listed:
            await self.records.call("studio_takes_pick_v1", session=session, picks=listed)

    async def star(self, take: UUID, starred: bool) -> None:
        """Star a take, or take the star away."""
        await self.records.call("studio_take_mark_v1", take=take, mark={"starred": starred})

    async def note_take(self, take: UUID, note: str) -> None:
        """A remark on a take."""
        await self.records.call("studio_take_mark_v1", take=take, mark={"note": _note(note)})

    async def lock(self, beat: UUID, locked: bool) -> None:
        """A locked beat gets no new takes and keeps its pick."""
        await self.records.call("studio_beat_mark_v1", beat=beat, mark={"locked": locked})

    async def note_beat(self, beat: UUID, note: str) -> None:
        """A remark on a beat."""
        await self.records.call("studio_beat_mark_v1", beat=beat, mark={"note": _note(note)})

    async def undo(self, session: UUID) -> str | None:
        """Take back the last pick, star, lock or note.

        Which it was, or None when there is nothing to take back.
        """
        answer = await self.records.call("studio_undo_v1", session=session)
        undone = answer["undone"]
        return None if undone is None else str(undone)


def best_takes(
    session: Session, planner: Planner, known: Mapping[str, Standing] | None = None
) -> dict[UUID, UUID | None]:
    """The best finished take of each beat whose pick is missing, or stale with a fresh take beside it.

    Fresh before stale, starred before not, clean before warned, then the newest. Locked beats stay as they
    are. `known` is how the beats stand, where somebody has just looked.
    """
    picks: dict[UUID, UUID | None] = {}
    for beat in session.script_beats:
        done = [take for take in beat.takes if take.status == "done"]
        if beat.locked or not done:
            continue
        standing = known[beat.beat_id] if known else beat_standing(beat, planner)
        stale = standing.stale or {}
        best = max(done, key=lambda take: _rank(take, take.number not in stale))
        if beat.picked is None or (beat.picked.number in stale and best.number not in stale):
            picks[beat.id] = best.id
    return picks


def _rank(take: Take, fresh: bool) -> tuple[bool, bool, int, int]:
    verdict = {"clean": 2, "warn": 1, "fail": 0}[take.judgement.verdict] if take.judgement else 0
    return fresh, take.starred, verdict, take.number


def _note(note: str) -> str:
    if len(note) > NOTE_MAX:
        raise BadInput(f"A note may be {NOTE_MAX} characters long; this one has {len(note)}. Shorten it.")
    if "\x00" in note:
        raise BadInput("The note holds a character that can't be stored. Type it again.")
    return note
