"""What jobs do, under the claims of the job's owner and with that owner's files."""

from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from viraltracker.episode import ExportMaker
from viraltracker.errors import StudioError
from viraltracker.jobs import Job, LeasedSlots
from viraltracker.speech import Synthesizer
from viraltracker.studio.stores import Stores
from viraltracker.takes import Producer

__all__ = ["Work"]


class Work:
    """The jobs of one worker process. `workspace` is where exports are put together."""

    def __init__(
        self,
        stores: Stores,
        engines: Mapping[str, Synthesizer],
        slots: LeasedSlots,
        workspace: Path,
        ffmpeg: Path | None,
    ) -> None:
        self._stores, self._engines, self._slots = stores, engines, slots
        self._workspace, self._ffmpeg = workspace, ffmpeg

    async def make_take(self, owner: UUID, take_id: UUID, claim: UUID) -> None:
        """Make the take, judge it, keep it."""
        await self._producer(owner).make_take(self._stores.rows.acting_for(owner), take_id, claim)

    async def make_export(self, owner: UUID, export_id: UUID, claim: UUID) -> None:
        """Make the export's file."""
        await self._exporter(owner).make(self._stores.rows.acting_for(owner), export_id, claim)

    async def give_up(self, job: Job, claim: UUID, error: StudioError) -> None:
        """Write the failure down; settled work stays as it is."""
        records = self._stores.rows.acting_for(job.owner)
        maker = self._producer(job.owner) if job.task == "take.make" else self._exporter(job.owner)
        await maker.give_up(records, job.subject, claim, error)

    def _producer(self, owner: UUID) -> Producer:
        return Producer(self._engines, self._stores.files(owner), self._slots)

    def _exporter(self, owner: UUID) -> ExportMaker:
        return ExportMaker(self._stores.files(owner), self._workspace, self._ffmpeg)
