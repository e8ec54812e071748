"""Files by the hash of what is in them: `blobs/<aa>/<sha256>`, whole or not there at all. Knows no database.

A file is written beside its place, synced and renamed, so that neither a crash nor a full disk leaves half of
one. The row that says who may have it is written afterwards.
"""

import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

import anyio.to_thread

from viraltracker.errors import BadInput, Damaged, SettingsRefused
from viraltracker.store.space import free_space_check, place_refused

__all__ = ["LocalBlobs", "hash_of_file"]

_NAME = re.compile(r"[0-9a-f]{64}")
_CHUNK_BYTES = 1 << 20
# Longer than any write takes: a younger one may be another process's work.
_ABANDONED_S = 3600.0


class LocalBlobs:
    """The files below one data folder. Any number of processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the data folder. What crashed writers left behind an hour ago is swept away.

        Raises `SettingsRefused` when nothing can be written there.
        """
        self.folder = folder / "blobs"
        self.trash = folder / "trash"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise place_refused(error, folder, SettingsRefused) from error
        for leftover in self.folder.glob("*/tmp-*"):
            with suppress(FileNotFoundError):
                if time.time() - leftover.stat().st_mtime > _ABANDONED_S:
                    leftover.unlink()

    async def put(self, payload: bytes) -> str:
        """Keep the bytes durably; their sha256 as hex. Raises `DiskFull` with nothing written."""
        return await anyio.to_thread.run_sync(self._put, payload)

    async def put_file(self, path: Path) -> str:
        """Keep a copy of a file durably; its sha256 as hex. Raises `DiskFull` with nothing written."""
        return await anyio.to_thread.run_sync(self._put_file, path)

    async def get(self, sha256: str) -> bytes:
        """The bytes, known to be right. Raises `Damaged` when they are missing or changed."""
        return await anyio.to_thread.run_sync(self._get, sha256)

    async def file(self, sha256: str) -> Path:
        """The bytes as a file on this disk, unverified. Raises like `path`."""
        return await anyio.to_thread.run_sync(self.path, sha256)

    def room_for(self, size_bytes: int) -> None:
        """Raise `DiskFull` when so much wouldn't fit; asked before work starts."""
        free_space_check(self.folder, size_bytes)

    def path(self, sha256: str) -> Path:
        """Where the bytes lie, for readers that stream. Raises `BadInput` for what is no hash, `Damaged`."""
        path = self.place(sha256)
        if not path.is_file():
            raise damaged(sha256, "is missing")
        return path

    def open(self, sha256: str) -> BinaryIO:
        """The bytes as an open file, unverified. Raises like `path`."""
        return self.path(sha256).open("rb")

    def place(self, sha256: str) -> Path:
        """Where the bytes lie or would lie. Raises `BadInput` for what is no hash."""
        if not _NAME.fullmatch(sha256):
            raise BadInput("That is no sha256 of a stored file.")
        return self.folder / sha256[:2] / sha256

    def stored(self) -> Iterator[Path]:
        """All files that are here, in order of their hashes. Blocks."""
        for path in sorted(self.folder.glob("[0-9a-f][0-9a-f]/*")):
            if _NAME.fullmatch(path.name):
                yield path

    def keep(self, sha256: str, chunks: Iterable[bytes], size_bytes: int) -> None:
        """Write what hashes to `sha256`, unless it is here and whole. Raises `Damaged`, `DiskFull`."""
        self._keep(sha256, _proven(chunks, sha256), size_bytes)

    def _keep(self, sha256: str, chunks: Iterable[bytes], size_bytes: int) -> None:
        place = self.place(sha256)
        if self._holds(place, sha256, size_bytes):
            _sync_folder(place.parent)  # whoever wrote it may not have come so far
            return
        free_space_check(self.folder, size_bytes)
        temporary = place.parent / f"tmp-{secrets.token_hex(8)}"
        try:
            if not place.parent.exists():
                place.parent.mkdir(mode=0o700, exist_ok=True)
                _sync_folder(self.folder)
            _write(temporary, chunks)
            temporary.replace(place)
        except OSError as error:
            raise place_refused(error, self.folder) from error
        finally:
            with suppress(OSError):
                temporary.unlink()
        _sync_folder(place.parent)

    def _holds(self, place: Path, sha256: str, size_bytes: int) -> bool:
        """Whether the right bytes are here; if so they are made young, so that no sweep takes them now."""
        try:
            if place.stat().st_size != size_bytes or hash_of_file(place) != sha256:
                return False
            os.utime(place)
        except OSError:  # not there, or not to be read: either way it is written anew
            return False
        return True

    def _put(self, payload: bytes) -> str:
        sha256 = hashlib.sha256(payload).hexdigest()
        self._keep(sha256, [payload], len(payload))
        return sha256

    def _put_file(self, path: Path) -> str:
        sha256 = hash_of_file(path)
        with path.open("rb") as source:
            self.keep(sha256, iter(partial(source.read, _CHUNK_BYTES), b""), path.stat().st_size)
        return sha256

    def _get(self, sha256: str) -> bytes:
        try:
            payload = self.place(sha256).read_bytes()
        except FileNotFoundError:
            raise damaged(sha256, "is missing") from None
        except OSError as error:
            raise damaged(sha256, "can't be read") from error
        if hashlib.sha256(payload).hexdigest() != sha256:
            raise damaged(sha256, "has changed")
        return payload


def hash_of_file(path: Path) -> str:
    """A file's sha256 as hex."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _proven(chunks: Iterable[bytes], sha256: str) -> Iterator[bytes]:
    """The chunks as they come; after the last of them `Damaged`, unless together they hash to `sha256`."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != sha256:
        raise damaged(sha256, "changed while it was copied")


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        for chunk in chunks:
            left = memoryview(chunk)
            while left:
                left = left[file.write(left) :]
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def damaged(sha256: str, what: str) -> Damaged:
    message = f"The stored file {sha256[:12]}… {what}. `viraltracker check` lists what is affected."
    return Damaged(message, sha256=sha256)
