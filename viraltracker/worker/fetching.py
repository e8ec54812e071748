"""Files from a web server onto the disk: gone on with where they broke off, taken only with the right hash.

A file grows as `<name>.part`. Knows no voice and no pack.
"""

import errno
import hashlib
import re
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import anyio
import anyio.to_thread
import httpx

from viraltracker.errors import Damaged, DiskFull, NotFound, ProviderDown, SettingsRefused, StoreError

__all__ = [
    "Mirror",
    "RemoteFile",
    "disk_refusals",
    "md5_of",
    "open_mirror",
    "refuse_unprotected",
    "sha256_of",
]

_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
_REDIRECTS: Final = 5
_RANGE: Final = re.compile(r"bytes (\d+)-")
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

Told = Callable[[int], None]
"""Told how many bytes of the file are there."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a catalogue: where it is there, what it is called here, its length and MD5."""

    path: str
    name: str
    size_bytes: int
    md5: str


@asynccontextmanager
async def open_mirror(base_url: str) -> AsyncGenerator["Mirror"]:
    """Inside: the server at this address. Redirects are followed (large files lie elsewhere), never from
    https to http."""

    async def stays_safe(request: httpx.Request) -> None:
        refuse_unprotected(base_url, request)

    async with httpx.AsyncClient(
        timeout=_TIMEOUT,
        follow_redirects=True,
        max_redirects=_REDIRECTS,
        event_hooks={"request": [stays_safe]},
        # Packed on the way, a file would have another length and no place to go on from.
        headers={"Accept-Encoding": "identity"},
    ) as client:
        yield Mirror(base_url, client)


def refuse_unprotected(base_url: str, request: httpx.Request) -> None:
    """Raise `SettingsRefused` for a request over http that a server behind https led to."""
    if base_url.startswith("https:") and request.url.scheme != "https":
        raise SettingsRefused(
            f"{_host(base_url)} leads to an unprotected address. Check VIRALTRACKER_PIPER_VOICES_URL."
        )


class Mirror:
    """A server of files."""

    def __init__(self, base_url: str, client: httpx.AsyncClient) -> None:
        self.host = _host(base_url)
        self._base_url = base_url.rstrip("/")
        self._client = client

    async def small(self, path: str, most_bytes: int) -> bytes:
        """A file as a whole. Raises `NotFound`, `ProviderDown`, `Damaged` when it is longer."""
        content = bytearray()
        async with self._answer(path, {}) as response:
            self._refuse_status(response, path)
            async for chunk in response.aiter_raw():
                content += chunk
                if len(content) > most_bytes:
                    raise Damaged(f"{path} of {self.host} is longer than it should be. Nothing was kept.")
        return bytes(content)

    async def checked(self, file: RemoteFile) -> bytes:
        """A small file of the catalogue. Raises as `small`, and `Damaged` for a wrong hash."""
        content = await self.small(file.path, file.size_bytes)
        if hashlib.md5(content, usedforsecurity=False).hexdigest() != file.md5:
            raise self._wrong(file)
        return content

    async def fetch(self, file: RemoteFile, folder: Path, told: Told) -> None:
        """The file into `folder`, whole and checked. Cut off, its `.part` stays, and the next call goes on.

        Raises `NotFound`, `ProviderDown`, `Damaged` (the part is dropped), `DiskFull`, `StoreError`.
        """
        part = folder / f"{file.name}.part"
        with disk_refusals(folder):
            while True:
                have = part.stat().st_size if part.exists() else 0
                if have < file.size_bytes:
                    await self._go_on(file, part, have, told)
                if await anyio.to_thread.run_sync(md5_of, part) == file.md5:
                    part.replace(folder / file.name)
                    return
                part.unlink(missing_ok=True)
                if not have:
                    raise self._wrong(file)
                # What was there was of another version, or the server can't go on there: once from the start.

    async def _go_on(self, file: RemoteFile, part: Path, have: int, told: Told) -> None:
        """Append what is missing. A server that can't go on there leaves a part that is not the file."""
        async with self._answer(file.path, {"Range": f"bytes={have}-"} if have else {}) as response:
            if have and response.status_code != HTTPStatus.OK:
                if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or (
                    response.status_code == HTTPStatus.PARTIAL_CONTENT and _start(response) != have
                ):
                    return
            else:
                have = 0
            self._refuse_status(response, file.path)
            async with await anyio.open_file(part, "ab" if have else "wb") as sink:
                told(have)
                async for chunk in response.aiter_raw():
                    await sink.write(chunk)
                    have += len(chunk)
                    if have > file.size_bytes:
                        break  # that is not the file, and may never end
                    told(have)
        if have < file.size_bytes:
            raise self._broke_off()

    @asynccontextmanager
    async def _answer(self, path: str, headers: dict[str, str]) -> AsyncGenerator[httpx.Response]:
        try:
            async with self._client.stream(
                "GET", f"{self._base_url}/{quote(path)}", headers=headers
            ) as response:
                yield response
        except httpx.ConnectError:
            raise ProviderDown(
                f"{self.host} can't be reached. Check the connection, then run it again."
            ) from None
        except (httpx.HTTPError, httpx.StreamError):
            raise self._broke_off() from None

    def _refuse_status(self, response: httpx.Response, path: str) -> None:
        if response.status_code == HTTPStatus.NOT_FOUND:
            raise NotFound(f"{self.host} has no {path[:200]}. Check VIRALTRACKER_PIPER_VOICES_URL.")
        if response.status_code not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
            raise ProviderDown(f"{self.host} answered {response.status_code}. Try again later.")

    def _broke_off(self) -> ProviderDown:
        return ProviderDown(
            f"{self.host} broke off in the middle. Run it again: it goes on where it stopped."
        )

    def _wrong(self, file: RemoteFile) -> Damaged:
        return Damaged(
            f"{file.name} came from {self.host} with another content than its catalogue says; nothing of it "
            "was kept. Try again later."
        )


@contextmanager
def disk_refusals(folder: Path) -> Iterator[None]:
    """Inside, what the disk refuses is raised as `DiskFull` or `StoreError`."""
    try:
        yield
    except OSError as refused:
        if refused.errno in _FULL:
            raise DiskFull(f"The disk of {folder} is full. Free some space and run it again.") from None
        why = (refused.strerror or type(refused).__name__).lower()
        raise StoreError(f"{folder} can't be written: {why}. Name another folder with --packs.") from None


def sha256_of(path: Path) -> str:
    """The file's SHA-256. Blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def md5_of(path: Path) -> str:
    """The file's MD5, as catalogues have it; empty where there is no file. Blocks."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _start(response: httpx.Response) -> int:
    found = _RANGE.match(response.headers.get("Content-Range", ""))
    return int(found[1]) if found else -1


def _host(url: str) -> str:
    return urlsplit(url).hostname or url[:60]
