"""A backup's file: a plain tar whose first entry lists all others, with sizes and hashes, in order.

Nothing in it is compressed, so nothing can unfold; no entry has a path of its own choosing, so nothing can
land elsewhere; rows are data for COPY and never SQL, so nothing is executed. Knows no database.
"""

import hashlib
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from viraltracker.errors import BadInput

__all__ = ["Manifest", "StoredFile", "StoredSequence", "StoredTable", "append", "entries", "read_manifest"]

MANIFEST_NAME = "manifest.json"
_BLOCK = tarfile.BLOCKSIZE
_CHUNK_BYTES = 1 << 20
# A hundred thousand files are listed in 10 MB.
_MANIFEST_LIMIT_BYTES = 256_000_000
_NAME = r"[a-z_][a-z0-9_]{0,62}"
_Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Column = Annotated[str, StringConstraints(pattern=f"^{_NAME}$")]
_Qualified = Annotated[str, StringConstraints(pattern=rf"^{_NAME}\.{_NAME}$")]
_Count = Annotated[int, Field(ge=0, lt=2**63)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class StoredTable(_Part):
    """The rows of one table as Postgres's COPY writes them (text format)."""

    table: _Qualified
    columns: tuple[_Column, ...]
    rows: _Count
    bytes: _Count
    sha256: _Hash

    @property
    def entry(self) -> str:
        """Its name in the archive."""
        return f"rows/{self.table}.copy"


class StoredFile(_Part):
    """One file of the blob store."""

    sha256: _Hash
    bytes: _Count

    @property
    def entry(self) -> str:
        """Its name in the archive."""
        return f"blobs/{self.sha256}"


class StoredSequence(_Part):
    """Where a sequence stood."""

    sequence: _Qualified
    value: _Count


class Manifest(_Part):
    """What the archive holds, and the tables it fits: after which migrations, beside which vendors' ones."""

    format: Literal["viraltracker-backup"] = "viraltracker-backup"
    version: Literal[1] = 1
    made_at: Annotated[datetime, Field(strict=False)]
    migrations: tuple[Annotated[str, StringConstraints(pattern=r"^\d{4}_[a-z0-9_]+$")], ...]
    vendors: dict[_Column, _Hash]
    tables: tuple[StoredTable, ...]
    sequences: tuple[StoredSequence, ...]
    blobs: tuple[StoredFile, ...]
    missing: tuple[_Hash, ...]

    @property
    def parts(self) -> tuple[StoredTable | StoredFile, ...]:
        """Everything that follows, in order."""
        return (*self.tables, *self.blobs)

    @property
    def total_bytes(self) -> int:
        """What the parts hold together."""
        return sum(part.bytes for part in self.parts)


def append(archive: tarfile.TarFile, name: str, size_bytes: int, source: BinaryIO, mtime_s: float) -> None:
    """Write one entry."""
    header = tarfile.TarInfo(name)
    header.size, header.mode, header.mtime = size_bytes, 0o600, int(mtime_s)
    archive.addfile(header, source)


def read_manifest(path: Path) -> Manifest:
    """The list of what `path` holds. Raises `BadInput` when it is no backup, or from a newer studio."""
    with _opened(path) as file:
        return _manifest(file, path)


def entries(path: Path) -> Iterator[tuple[StoredTable | StoredFile, Iterator[bytes]]]:
    """Every part in order with its bytes, which must be used up; then the part is proven by its hash.

    Raises `BadInput` when anything isn't exactly what the manifest says: another name, kind, size, order or
    content, something missing, something more.
    """
    with _opened(path) as file:
        for part in _manifest(file, path).parts:
            name, size_bytes = _header(file, path)
            if (name, size_bytes) != (part.entry, part.bytes):
                raise _refused(path, f"where {part.entry} should be is something else")
            yield part, _chunks(file, path, part)
        if file.read(_BLOCK).strip(b"\0"):
            raise _refused(path, "it holds more than it lists")


def _manifest(file: BinaryIO, path: Path) -> Manifest:
    name, size_bytes = _header(file, path)
    if name != MANIFEST_NAME or size_bytes > _MANIFEST_LIMIT_BYTES:
        raise _refused(path, "it doesn't begin with a list of what it holds")
    text = file.read(size_bytes)
    file.read(-size_bytes % _BLOCK)
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise _refused(path, f"its list is wrong at {'.'.join(map(str, first['loc']))}") from None


def _header(file: BinaryIO, path: Path) -> tuple[str, int]:
    """The next entry's name and size. A plain file with a plain header: no links, no extensions."""
    block = file.read(_BLOCK)
    try:
        header = tarfile.TarInfo.frombuf(block, "ascii", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError):
        raise _refused(path, "it breaks off or isn't a tar") from None
    if header.type != tarfile.REGTYPE or header.size < 0:
        raise _refused(path, "it holds something that isn't a plain file")
    return header.name, header.size


def _chunks(file: BinaryIO, path: Path, part: StoredTable | StoredFile) -> Iterator[bytes]:
    digest = hashlib.sha256()
    left = part.bytes
    while left:
        chunk = file.read(min(left, _CHUNK_BYTES))
        if not chunk:
            raise _refused(path, f"it breaks off in {part.entry}")
        left -= len(chunk)
        digest.update(chunk)
        yield chunk
    file.read(-part.bytes % _BLOCK)
    if digest.hexdigest() != part.sha256:
        raise _refused(path, f"{part.entry} was changed")


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise BadInput(f"There is no backup to read at {path}. Nothing was changed.") from None


def _refused(path: Path, why: str) -> BadInput:
    return BadInput(
        f"{path} is no whole backup of this studio: {re.sub(r'[^ -~]', '?', why)}. Nothing was changed."
    )
