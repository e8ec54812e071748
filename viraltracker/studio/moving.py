"""Sessions carried from studio to studio in one file: what goes in, and what comes of it at the other end."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio.from_thread
import anyio.to_thread

from viraltracker.errors import BadInput, NotFound
from viraltracker.store import KINDS, Kinds, MovedFile, ProjectReader, project_reader, write_project
from viraltracker.store.space import free_space_check, place_refused
from viraltracker.studio.studio import Studio
from viraltracker.takes import session_of
from viraltracker.voices import character_from_json, profile_from_json

__all__ = ["ExportedProject", "ImportedProject", "ImportedSession", "export_project", "import_project"]

# What sessions share with others: it may differ at the other end, and the session is the same all the same.
_SHARED = frozenset({"characters", "voice_profiles", "generations", "provider_answers", "blobs"})
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ExportedProject:
    """What was written."""

    path: Path
    bytes: int
    sessions: tuple[UUID, ...]
    files: int


@dataclass(frozen=True, slots=True)
class ImportedSession:
    """What came of a session: `here` when it was here already, just so, and nothing was changed."""

    id: UUID
    title: str
    here: bool


@dataclass(frozen=True, slots=True)
class ImportedProject:
    """What came of an archive. `kept`: characters that were here already and stayed as they are."""

    sessions: tuple[ImportedSession, ...]
    files: int
    added: tuple[str, ...]
    kept: tuple[str, ...]


async def export_project(studio: Studio, sessions: Sequence[UUID], out: Path, told: Told) -> ExportedProject:
    """Write these sessions with all that belongs to them to `out`, where no file may be yet.

    Raises `NotFound`, `BadInput` while something is being made, `Damaged`, `DiskFull`, with nothing at `out`.
    """
    projects = [await _rows_of(studio, each) for each in sessions]
    listed = [MovedFile.model_validate(row) for rows in projects for row in rows["blobs"]]
    files = sorted({file.sha256: file for file in listed}.items())

    def payload(file: MovedFile) -> bytes:
        told(file.sha256)
        return anyio.from_thread.run(studio.files.get, file.sha256)

    sources = [(file, partial(payload, file)) for _, file in files]
    size_bytes = await anyio.to_thread.run_sync(_write, out, projects, sources)
    return ExportedProject(out, size_bytes, tuple(sessions), len(files))


def _write(
    out: Path, projects: Sequence[Kinds], sources: Sequence[tuple[MovedFile, Callable[[], bytes]]]
) -> int:
    free_space_check(out.parent, sum(file.bytes for file, _ in sources))
    unfinished = out.with_name(f".{out.name}.partial")
    try:
        unfinished.unlink(missing_ok=True)
        write_project(unfinished, projects, sources)
        unfinished.replace(out)
        return out.stat().st_size
    except OSError as error:
        raise place_refused(error, out) from error
    finally:
        with suppress(OSError):
            unfinished.unlink()


async def import_project(studio: Studio, path: Path, told: Told) -> ImportedProject:
    """Read the archive at `path` into this studio, for its owner: files first, then a session at a time.

    Raises `BadInput` for what is no whole archive, and when a session is here and differs, with nothing
    written; `DiskFull`, `StoreDown`, after which the same import goes on where it stopped.
    """
    opening = project_reader(path)
    reader = await anyio.to_thread.run_sync(opening.__enter__)
    try:
        return await _import(studio, reader, told)
    finally:
        opening.__exit__(None, None, None)


async def _import(studio: Studio, reader: ProjectReader, told: Told) -> ImportedProject:
    fresh: dict[UUID, Kinds] = {}
    for session in reader.manifest.sessions:
        rows = await anyio.to_thread.run_sync(reader.kinds, session)
        _require_readable(rows)
        if not await _is_here(studio, session.id, rows):
            fresh[session.id] = rows
    files = {file.sha256: file for rows in fresh.values() for file in reader.files(rows)}
    studio.files.room_for(sum(file.bytes for file in files.values()))
    for file in files.values():
        await studio.files.put(await anyio.to_thread.run_sync(reader.payload, file))
        await studio.records.call("studio_blob_put_v1", **file.model_dump())
        told(file.sha256)
    added: set[str] = set()
    for rows in fresh.values():
        answer = await studio.records.call("studio_project_write_v1", kinds=rows)
        added.update(answer["added"])
    named = {str(row["id"]) for rows in fresh.values() for row in rows["characters"]}
    sessions = tuple(
        ImportedSession(session.id, session.title, session.id not in fresh)
        for session in reader.manifest.sessions
    )
    return ImportedProject(sessions, len(files), tuple(sorted(added)), tuple(sorted(named - added)))


async def _is_here(studio: Studio, session: UUID, rows: Kinds) -> bool:
    """Whether the very session is here. Raises `BadInput` where one of its id is that differs."""
    try:
        here = await _rows_of(studio, session)
    except NotFound:
        return False
    if any(here[kind] != rows[kind] for kind in KINDS if kind not in _SHARED):
        title = here["sessions"][0]["title"]
        message = (
            f'"{title}" is here already and differs from the archive\'s. The one here is kept; nothing was '
            "changed. To have both, import into another studio."
        )
        raise BadInput(message, session=str(session))
    return True


def _require_readable(rows: Kinds) -> None:
    """Raise `BadInput` for rows that the studio's pages couldn't draw."""
    try:
        for row in rows["characters"]:
            character_from_json({**dict(row["facts"]), "id": row["id"]})  # type: ignore[arg-type]
        for row in rows["voice_profiles"]:
            profile_from_json(row["profile"])
        beats = [
            {**beat, "selected": None, "takes": [_drawn(t) for t in rows["takes"] if t["beat"] == beat["id"]]}
            for beat in rows["beats"]
        ]
        unspent = {"spent_usd": 0, "undoable": None, "exports": rows["exports"], "beats": beats}
        session_of({**rows["sessions"][0], **unspent})
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadInput("This archive's rows are not those of a session. Nothing was changed.") from None


def _drawn(take: Mapping[str, Any]) -> dict[str, Any]:
    return {**take, "starred": False, "note": "", "usd": None, "reused": 0, "made": [], "leased": False}


async def _rows_of(studio: Studio, session: UUID) -> Kinds:
    rows = await studio.records.call("studio_project_read_v1", session=session)
    return {kind: rows.get(kind, []) for kind in KINDS}
