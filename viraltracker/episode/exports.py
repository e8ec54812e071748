"""Asking for an episode's files. What goes in is settled then: the picks of that moment are in the row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from viraltracker.episode.names import archive_name, episode_name
from viraltracker.errors import BadInput, Unpicked
from viraltracker.script import beat_to_json
from viraltracker.takes import BeatRow, ExportRow, Records, Session, export_of, plan_json

__all__ = ["Asked", "Exports", "unpicked"]


@dataclass(frozen=True, slots=True)
class Asked:
    """An export that was asked for; `already`: one of its kind was under way, and it is that one."""

    id: UUID
    already: bool


def unpicked(session: Session) -> tuple[BeatRow, ...]:
    """The script's beats that have something to say and no picked take."""
    return tuple(beat for beat in session.script_beats if not beat.silent and beat.picked is None)


@dataclass(frozen=True, slots=True)
class Exports:
    """Asks for one owner's exports."""

    records: Records

    async def request_mp3(self, session: Session, stereo: bool = False, leave_out: bool = False) -> Asked:
        """The mastered episode. Raises `Unpicked` for beats without a pick, unless they shall be left out."""
        options = {"stereo": stereo, "leave_out": leave_out}
        return await self._request(session, "mp3", options, episode_name(session.title))

    async def request_zip(self, session: Session, leave_out: bool = False) -> Asked:
        """The editors' ZIP: a file a beat and a manifest. Raises `Unpicked` likewise."""
        return await self._request(session, "zip", {"leave_out": leave_out}, archive_name(session.title))

    async def get(self, export: UUID) -> ExportRow:
        """An export's row. Raises `NotFound`."""
        return export_of(await self.records.call("studio_export_v1", export=export))

    async def _request(self, session: Session, kind: str, options: Mapping[str, Any], filename: str) -> Asked:
        missing = unpicked(session)
        if missing and not options["leave_out"]:
            names = ", ".join(beat.beat_id for beat in missing[:8])
            more = f" and {len(missing) - 8} more" if len(missing) > 8 else ""
            raise Unpicked(
                f"{len(missing)} of {len(session.script_beats)} beats have no picked take: {names}{more}. "
                "Pick one for each, or export without them.",
                beats=[beat.beat_id for beat in missing],
            )
        if not any(beat.picked for beat in session.script_beats if not beat.silent):
            raise BadInput(f'There is nothing to hear in "{session.title}" yet. Pick some takes first.')
        picks = {
            str(beat.id): None if beat.picked is None else str(beat.picked.id)
            for beat in session.script_beats
        }
        included = [beat for beat in session.script_beats if beat.silent or beat.picked is not None]
        answer = await self.records.call(
            "studio_export_request_v1",
            session=session.id,
            deliverable=kind,
            options=dict(options),
            picks=picks,
            beats=[_item(beat) for beat in included],
            filename=filename,
        )
        return Asked(UUID(answer["id"]), answer["already"])


def _item(beat: BeatRow) -> dict[str, Any]:
    take = None if beat.silent else beat.picked  # a beat that lost its words keeps its pick, unheard
    made = (
        None
        if take is None
        else {"number": take.number, "sha256": take.audio_sha256, "plan": plan_json(take.plan)}
    )
    return {"content": beat_to_json(beat.content), "take": made}
