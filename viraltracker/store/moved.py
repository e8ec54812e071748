"""A project archive's file: a ZIP in which nothing is compressed, whose first member lists all others.

So nothing can unfold, and the sizes together are at most the file's own. No member is ever written under its
own name: rows are JSON, files go by their hash. Described in docs/project-archive.md. Knows no database.
"""

import hashlib
import json
import re
import stat
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, TypeAdapter, ValidationError

from viraltracker.errors import BadInput

__all__ = [
    "KINDS",
    "Kinds",
    "MovedFile",
    "MovedSession",
    "ProjectManifest",
    "ProjectReader",
    "project_reader",
    "write_project",
]

MANIFEST_NAME = "manifest.json"
MOST_MEMBERS = 200_000
MOST_TOTAL_BYTES = 64_000_000_000
# A kind of rows is held in memory, and so is one file of audio; an hour of it is 160 MB.
MOST_JSON_BYTES = 256_000_000
MOST_AUDIO_BYTES = 2_000_000_000
KINDS = (
    "sessions",
    "script_versions",
    "beats",
    "takes",
    "selections",
    "take_marks",
    "take_parts",
    "ledger",
    "exports",
    "edits",
    "generations",
    "provider_answers",
    "characters",
    "voice_profiles",
    "blobs",
)
"""What belongs to a session, as its members in the archive are called."""
Kinds = dict[str, list[dict[str, JsonValue]]]

_Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_ALWAYS = (1980, 1, 1, 0, 0, 0)
_UNDER_WAY = ("queued", "generating")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Member(_Part):
    """A member beside the manifest."""

    name: Annotated[str, StringConstraints(pattern=r"^(sessions|audio)/[0-9a-f/_a-z.-]{1,120}$")]
    bytes: Annotated[int, Field(ge=0, le=MOST_AUDIO_BYTES)]
    sha256: _Hash


class _Version(BaseModel):
    format: Literal["viraltracker-project"]
    version: Annotated[int, Field(ge=1)]


class MovedSession(_Part):
    """A session in the archive."""

    id: UUID
    title: Annotated[str, StringConstraints(min_length=1, max_length=255)]

    def member(self, kind: str) -> str:
        """The member with its rows of a kind."""
        return f"sessions/{self.id}/{kind}.json"


class MovedFile(_Part):
    """A file of audio or an export that rows of the archive refer to."""

    sha256: _Hash
    bytes: Annotated[int, Field(ge=0, le=MOST_AUDIO_BYTES)]
    media_type: Annotated[str, StringConstraints(min_length=3, max_length=100)]

    @property
    def member(self) -> str:
        """The member with its bytes."""
        return f"audio/{self.sha256}"


class ProjectManifest(_Part):
    """What the archive holds."""

    format: Literal["viraltracker-project"] = "viraltracker-project"
    version: Literal[1] = 1
    sessions: Annotated[tuple[MovedSession, ...], Field(min_length=1, max_length=10_000)]
    members: Annotated[tuple[_Member, ...], Field(max_length=MOST_MEMBERS)]


_ROWS = TypeAdapter(list[dict[str, JsonValue]])
_BROKEN = (zipfile.BadZipFile, EOFError, RuntimeError, ValueError, struct.error)
"""What the standard library says of a ZIP that is none, is cut short, or is locked with a password."""


class ProjectReader:
    """An archive that was proven: every name, size, hash and row's shape."""

    def __init__(self, path: Path, packed: zipfile.ZipFile) -> None:
        """Raises `BadInput` with nothing written, when anything isn't exactly as its list says."""
        self._path, self._packed = path, packed
        sizes = _sizes(path, packed)
        text = self._read(MANIFEST_NAME, sizes.get(MANIFEST_NAME, MOST_JSON_BYTES + 1))
        self.manifest = _manifest(path, text)
        if list(sizes) != [MANIFEST_NAME, *(member.name for member in self.manifest.members)]:
            raise _refused(path, "its members are not those of its list")
        self._members = {member.name: member for member in self.manifest.members}
        for member in self.manifest.members:
            if sizes[member.name] != member.bytes:
                raise _refused(path, f"{member.name} has another size than its list says")
        files: dict[str, MovedFile] = {}
        for session in self.manifest.sessions:
            files.update((file.sha256, file) for file in self.files(self.kinds(session)))
        self.all_files = tuple(files.values())
        for file in self.all_files:
            self.payload(file)
        listed = {session.member(kind) for session in self.manifest.sessions for kind in KINDS}
        if listed | {file.member for file in self.all_files} != set(self._members):
            raise _refused(path, "it holds more than its sessions need")

    def kinds(self, session: MovedSession) -> Kinds:
        """All rows of a session by kind."""
        rows: Kinds = {}
        for kind in KINDS:
            try:
                rows[kind] = _ROWS.validate_json(self._proven(session.member(kind), MOST_JSON_BYTES))
            except ValidationError:
                raise _refused(self._path, f"{session.member(kind)} is no list of rows") from None
        if [row.get("id") for row in rows["sessions"]] != [str(session.id)]:
            raise _refused(self._path, "a session is not the one its list says")
        if any(row.get("status") in _UNDER_WAY for row in rows["takes"] + rows["exports"]):
            raise _refused(self._path, "something in it is still being made")
        return rows

    def files(self, rows: Kinds) -> tuple[MovedFile, ...]:
        """The files that rows refer to."""
        try:
            return tuple(MovedFile.model_validate(row) for row in rows["blobs"])
        except ValidationError:
            raise _refused(self._path, "a list of its files is wrong") from None

    def payload(self, file: MovedFile) -> bytes:
        """The bytes of a file, proven by their hash."""
        member = self._members.get(file.member)
        if member is None or (member.sha256, member.bytes) != (file.sha256, file.bytes):
            raise _refused(self._path, f"{file.member} is missing or another one")
        return self._proven(file.member, MOST_AUDIO_BYTES)

    def _proven(self, name: str, most_bytes: int) -> bytes:
        member = self._members.get(name)
        if member is None:
            raise _refused(self._path, f"{name} is missing")
        payload = self._read(name, member.bytes, most_bytes)
        if hashlib.sha256(payload).hexdigest() != member.sha256:
            raise _refused(self._path, f"{name} was changed")
        return payload

    def _read(self, name: str, size_bytes: int, most_bytes: int = MOST_JSON_BYTES) -> bytes:
        if size_bytes > most_bytes:
            raise _refused(self._path, f"{name} is missing or too large")
        try:
            return self._packed.read(name)
        except _BROKEN:
            raise _refused(self._path, f"{name} is broken") from None


@contextmanager
def project_reader(path: Path) -> Iterator[ProjectReader]:
    """The archive at `path`, proven before it is handed out. Raises `BadInput`."""
    try:
        packed = zipfile.ZipFile(path)
    except OSError:
        raise BadInput(f"There is no project archive to read at {path}. Nothing was changed.") from None
    except _BROKEN:
        raise _refused(path, "it breaks off or isn't a ZIP") from None
    with packed:
        yield ProjectReader(path, packed)


def write_project(
    path: Path, sessions: Sequence[Kinds], payloads: Iterable[tuple[MovedFile, Callable[[], bytes]]]
) -> ProjectManifest:
    """Write the archive `path`, the same bytes for the same sessions. Raises `OSError`."""
    listed: list[MovedSession] = []
    texts: dict[str, bytes] = {}
    for rows in sessions:
        session = MovedSession(
            id=UUID(str(rows["sessions"][0]["id"])), title=str(rows["sessions"][0]["title"])
        )
        listed.append(session)
        for kind in KINDS:
            text = json.dumps(rows.get(kind, []), indent=1, ensure_ascii=False, sort_keys=True)
            texts[session.member(kind)] = text.encode()
    held = dict(payloads)
    members = [
        _Member(name=name, bytes=len(written), sha256=hashlib.sha256(written).hexdigest())
        for name, written in texts.items()
    ]
    members += [_Member(name=file.member, bytes=file.bytes, sha256=file.sha256) for file in held]
    manifest = ProjectManifest(sessions=tuple(listed), members=tuple(members))
    with zipfile.ZipFile(path, "x", zipfile.ZIP_STORED) as packed:
        path.chmod(0o600)  # scripts and voices are in it
        _append(packed, MANIFEST_NAME, manifest.model_dump_json(indent=1).encode())
        for name, written in texts.items():
            _append(packed, name, written)
        for file, payload in held.items():
            _append(packed, file.member, payload())
    return manifest


def _append(packed: zipfile.ZipFile, name: str, payload: bytes) -> None:
    member = zipfile.ZipInfo(name, _ALWAYS)
    member.external_attr = (stat.S_IFREG | 0o600) << 16
    packed.writestr(member, payload)


def _sizes(path: Path, packed: zipfile.ZipFile) -> dict[str, int]:
    """Every member's size, in order: plain files under names of their own, none of them compressed."""
    members = packed.infolist()
    if len(members) > MOST_MEMBERS:
        raise _refused(path, "it holds too many members")
    sizes: dict[str, int] = {}
    for member in members:
        kind = stat.S_IFMT(member.external_attr >> 16)
        if member.filename in sizes or kind not in (0, stat.S_IFREG):
            raise _refused(path, "it holds a name twice, or something that isn't a plain file")
        if member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size:
            raise _refused(path, "it is compressed, and no project archive is")
        sizes[member.filename] = member.file_size
    if sum(sizes.values()) > min(path.stat().st_size, MOST_TOTAL_BYTES):
        raise _refused(path, "it would unfold to more than it is")
    return sizes


def _manifest(path: Path, text: bytes) -> ProjectManifest:
    try:
        found = _Version.model_validate_json(text)
        if found.version not in _READERS:
            message = (
                f"{path} was made by a newer studio (format {found.version}). Import it with that version."
            )
            raise BadInput(message)
        return _READERS[found.version](text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise _refused(path, f"its list is wrong at {'.'.join(map(str, first['loc']))}") from None


_READERS: Mapping[int, Callable[[bytes], ProjectManifest]] = {1: ProjectManifest.model_validate_json}
"""By format version; what reads an older one makes a manifest of today's out of it."""


def _refused(path: Path, why: str) -> BadInput:
    told = re.sub(r"[^ -~]", "?", why)
    return BadInput(f"{path} is no whole project archive: {told}. Nothing was changed.")
