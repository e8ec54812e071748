"""The work of one export job: files from what the export's row settled. `mixdown` and `handoff` make them."""

import base64
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Protocol
from uuid import UUID

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from viraltracker.audio import ClipReader
from viraltracker.episode.encoder import Encoder, find_encoder
from viraltracker.episode.handoff import hand_off
from viraltracker.episode.mixdown import master
from viraltracker.episode.model import (
    MONO,
    STEREO,
    EpisodeBeat,
    HandOffBeat,
    Master,
    Progress,
    Report,
    Tags,
    Timeline,
)
from viraltracker.episode.timeline import lay_out
from viraltracker.errors import StudioError
from viraltracker.script import beat_from_json
from viraltracker.takes import Records
from viraltracker.units import Samples

__all__ = ["ExportBlobs", "ExportMaker"]

_ELSEWHERE = frozenset({"path", "sha256", "size_bytes", "waveform"})

TELL_S = 0.5
"""How often an export's row hears how far it is."""

logger = logging.getLogger("viraltracker.episode")


class ExportBlobs(Protocol):
    """Audio by content hash, as files."""

    async def file(self, sha256: str) -> Path:
        """The bytes as a file on this disk."""
        ...

    async def put_file(self, path: Path) -> str:
        """Keep a finished file durably; its sha256 as hex."""
        ...


@dataclass(frozen=True, slots=True)
class ExportMaker:
    """Makes export files below `workspace`. `ffmpeg` None: the one it finds."""

    blobs: ExportBlobs
    workspace: Path
    ffmpeg: Path | None = None

    async def make(self, records: Records, export: UUID, claim: UUID) -> None:
        """Make one export. Final failures are recorded; retryable ones are recorded and raised."""
        started = time.monotonic()
        row = await _start(records, export, claim)
        if row is None:
            return
        telling = _Telling(records, export, claim)
        try:
            async with telling:
                facts = await self._made(row, telling.report)
            await _step(records, export, claim, "done", facts)
        except StudioError as error:
            await _step(records, export, claim, "later" if error.retryable else "failed", _error_json(error))
            logger.warning("export.failed", extra={"error": error.code})
            if error.retryable:
                raise
            return
        ms = round((time.monotonic() - started) * 1000)
        logger.info("export.made", extra={"session": row["session_id"], "ms": ms})

    async def give_up(self, records: Records, export: UUID, claim: UUID, error: StudioError) -> None:
        """The queue has tried often enough: the export fails with its last error."""
        if await _start(records, export, claim) is not None:
            await _step(records, export, claim, "failed", _error_json(error))

    async def _made(self, row: Mapping[str, Any], report: Report) -> dict[str, Any]:
        encoder = await anyio.to_thread.run_sync(
            find_encoder, None if self.ffmpeg is None else str(self.ffmpeg)
        )
        await anyio.Path(self.workspace).mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.workspace, prefix="export-") as folder:
            out = Path(folder) / "file"
            make = self._packed if row["kind"] == "zip" else self._mastered
            facts = await make(row, out, encoder, report)
            return {**facts, "sha256": await self.blobs.put_file(out)}

    async def _audio(self, items: Sequence[Mapping[str, Any]]) -> dict[str, Path]:
        """The takes' files by hash; they may have to be fetched."""
        hashes = (item["take"]["sha256"] for item in items if item["take"] is not None)
        return {sha256: await self.blobs.file(sha256) for sha256 in hashes}

    async def _mastered(
        self, row: Mapping[str, Any], out: Path, encoder: Encoder, report: Report
    ) -> dict[str, Any]:
        audio = await self._audio(row["beats"])
        timeline, sources = await anyio.to_thread.run_sync(_laid_out, row["beats"], audio)
        made = await master(
            timeline,
            sources,
            out,
            tags=Tags(row["title"], row["project"]),
            target=STEREO if row["options"]["stereo"] else MONO,
            encoder=encoder,
            report=report,
        )
        facts = {
            field.name: getattr(made, field.name) for field in fields(Master) if field.name not in _ELSEWHERE
        }
        return {
            **facts,
            "bytes": made.size_bytes,
            "waveform": base64.b64encode(made.waveform).decode("ascii"),
            "timeline": [asdict(chapter) for chapter in timeline.chapters],
            "media_type": "audio/mpeg",
        }

    async def _packed(
        self, row: Mapping[str, Any], out: Path, encoder: Encoder, report: Report
    ) -> dict[str, Any]:
        audio = await self._audio(row["beats"])
        beats = [_hand_off_beat(item, audio) for item in row["beats"]]
        made = await hand_off(row["title"], row["project"], beats, out, encoder=encoder, report=report)
        return {"bytes": made.size_bytes, "files": made.files, "media_type": "application/zip"}


def _hand_off_beat(item: Mapping[str, Any], audio: Mapping[str, Path]) -> HandOffBeat:
    content, take = beat_from_json(item["content"]), item["take"]
    return HandOffBeat(
        content.id,
        content.number,
        content.name,
        tuple(dict.fromkeys(segment.character for segment in content.segments)),
        content.text,
        content.trailing_pause_ms,
        audio=None if take is None else audio[take["sha256"]],
        take=None if take is None else take["number"],
        settings={} if take is None else {"segments": take["plan"]["segments"]},
    )


def _laid_out(
    items: Sequence[Mapping[str, Any]], audio: Mapping[str, Path]
) -> tuple[Timeline, dict[str, Path]]:
    beats, sources = [], {}
    for item in items:
        content = beat_from_json(item["content"])
        length: Samples | None = None
        if item["take"] is not None:
            sources[content.id] = audio[item["take"]["sha256"]]
            with ClipReader(sources[content.id]) as reader:
                length = reader.length
        speakers = tuple(dict.fromkeys(segment.character for segment in content.segments))
        beats.append(
            EpisodeBeat(content.id, content.number, content.name, speakers, content.trailing_pause_ms, length)
        )
    return lay_out(beats), sources


class _Telling:
    """Passes an export's progress on to its row, which also keeps the job's lease."""

    def __init__(self, records: Records, export: UUID, claim: UUID) -> None:
        self._records, self._export, self._claim = records, export, claim
        self._done = 0.0
        self._tasks: TaskGroup | None = None

    def report(self, progress: Progress) -> None:
        """Remember how far it is; told within a second."""
        self._done = progress.done

    async def __aenter__(self) -> "_Telling":
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        self._tasks.start_soon(self._tell)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._tasks is not None  # noqa: S101 - entered before it is left
        self._tasks.cancel_scope.cancel()
        # The group would wrap the work's own error in an ExceptionGroup: it ends as if there was none.
        await self._tasks.__aexit__(None, None, None)

    async def _tell(self) -> None:
        while True:
            await anyio.sleep(TELL_S)
            try:
                await _step(self._records, self._export, self._claim, "progress", {"progress": self._done})
            except StudioError as error:
                logger.warning("export.progress", extra={"error": error.code})


async def _start(records: Records, export: UUID, claim: UUID) -> Mapping[str, Any] | None:
    while True:
        row = await _step(records, export, claim, "start")
        if row["go"]:
            return row
        if row["why"] != "busy":
            return None
        await anyio.sleep(min(float(row["wait_s"]), 1.0))


async def _step(
    records: Records, export: UUID, claim: UUID, step: str, facts: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = await records.call(
        "studio_export_step_v1", export=export, claim=claim, step=step, facts=dict(facts or {})
    )
    return answer


def _error_json(error: StudioError) -> dict[str, Any]:
    return {"code": error.code, "message": error.message}
