"""What a producer does with takes.

Pick, star, lock, note, and undo. Each is a row beside the take, never a change of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from viraltracker.errors import BadInput
from viraltracker.takes.model import Session
from viraltracker.takes.ports import Records

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


def best_takes(session: Session) -> dict[UUID, UUID | None]:
    """For each beat without a pick its best finished take.

    Clean before warned, starred first, then the newest.
    """
    rank = {"clean": 2, "warn": 1, "fail": 0}
    picks: dict[UUID, UUID | None] = {}
    for beat in session.script_beats:
        done = [take for take in beat.takes if take.status == "done"]
        if beat.picked is None and done and not beat.locked:
            best = max(
                done, key=lambda t: (t.starred, rank[t.judgement.verdict] if t.judgement else 0, t.number)
            )
            picks[beat.id] = best.id
    return picks


def _note(note: str) -> str:
    if len(note) > NOTE_MAX:
        raise BadInput(f"A note may be {NOTE_MAX} characters long; this one has {len(note)}. Shorten it.")
    if "\x00" in note:
        raise BadInput("The note holds a character that can't be stored. Type it again.")
    return note
