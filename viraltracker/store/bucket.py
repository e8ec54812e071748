"""One owner's files in a private Supabase Storage bucket, each kept on this disk once it was used here.

A file's name is `<owner>/<aa>/<sha256>.<ending>`, so that the bucket's policies can compare the first folder
with who asks. Nothing is ever written over: a name that is there already holds the same bytes. What comes
back is believed only after its hash was taken. Routes: https://supabase.com/docs/guides/storage.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from io import SEEK_END
from pathlib import Path
from typing import Literal
from uuid import UUID

import anyio
import anyio.to_thread
import httpx
from storage3 import AsyncStorageClient
from storage3._async.file_api import AsyncBucketProxy
from storage3.exceptions import StorageApiError
from storage3.types import FileOptions

from viraltracker.errors import Damaged, Denied, DiskFull, StoreDown, StoreError, StudioError
from viraltracker.store.blobs import LocalBlobs
from viraltracker.store.kinds import HEAD_BYTES, file_ending, media_type
from viraltracker.store.project import Project
from viraltracker.store.resumable import upload_in_parts
from viraltracker.store.seat import Seat, seat_of

__all__ = ["BUCKET", "LINK_S", "BucketBlobs"]

BUCKET = "viraltracker"
LINK_S = 600
"""How long a signed link opens a file."""
# Above this Supabase wants an upload that can be resumed.
_AT_ONCE_BYTES = 6_000_000
_ONCE_FOR_ALL: FileOptions = {"cache-control": "31536000", "x-upsert": "false"}
_DOWN = "Supabase Storage doesn't answer as it should. Nothing is lost; try again in a moment."


class BucketBlobs:
    """The files of the studio `who` sits in. `cache`: a folder that owners and processes may share."""

    def __init__(self, project: Project, who: UUID | Seat, cache: LocalBlobs) -> None:
        seat = seat_of(who)
        self._project, self._owner, self._cache = project, seat.owner, cache
        self._claims = seat.claims

    async def put(self, payload: bytes) -> str:
        """Keep the bytes, here and in the bucket; their sha256 as hex. Raises `StoreDown`, `DiskFull`."""
        sha256 = await self._cache.put(payload)
        await self._upload(self._cache.place(sha256))
        return sha256

    async def put_file(self, path: Path) -> str:
        """Keep a copy of a file, here and in the bucket; its sha256 as hex. Raises like `put`."""
        sha256 = await self._cache.put_file(path)
        await self._upload(self._cache.place(sha256))
        return sha256

    async def get(self, sha256: str) -> bytes:
        """The bytes, known to be right. Raises `Damaged` when they are missing or changed, `StoreDown`."""
        await self.file(sha256)
        return await self._cache.get(sha256)

    async def file(self, sha256: str) -> Path:
        """The bytes as a file on this disk, fetched where it isn't here yet. Raises like `get`."""
        place = self._cache.place(sha256)
        if not await anyio.Path(place).is_file():
            payload = await self._download(sha256)
            await anyio.to_thread.run_sync(self._cache.keep, sha256, [payload], len(payload))
        return place

    async def link(self, sha256: str) -> str:
        """An address that opens the file for `LINK_S`, to anybody. For one view: never kept, never logged."""
        async with self._asking(sha256):
            made = await self._bucket().create_signed_url(await self._name_of(sha256), LINK_S)
        if not made["signedURL"]:
            raise _missing(sha256)
        return made["signedURL"]

    async def copy(self, sha256: str, to: Literal["bucket", "folder"]) -> bool:
        """See that a file is in the bucket, or on this disk; whether it had to be brought there.

        Raises `Damaged` when it can't be had where it comes from.
        """
        if to == "bucket":
            if await self._is_there(sha256):
                return False
            await self._cache.get(sha256)  # nothing is sent but what hashes to its name
            await self._upload(self._cache.place(sha256))
            return True
        try:
            await self._cache.get(sha256)
        except Damaged:
            payload = await self._download(sha256)
            await anyio.to_thread.run_sync(self._cache.keep, sha256, [payload], len(payload))
            return True
        return False

    def room_for(self, size_bytes: int) -> None:
        """Raise `DiskFull` when so much wouldn't fit on this disk; asked before work starts."""
        self._cache.room_for(size_bytes)

    async def _upload(self, place: Path) -> None:
        sha256 = place.name
        async with await anyio.open_file(place, "rb") as file:
            head = await file.read(HEAD_BYTES)
            size = await file.seek(0, SEEK_END)
        name, kind = self._name(sha256, file_ending(head)), media_type(head)
        async with self._asking(sha256):
            try:
                if size > _AT_ONCE_BYTES:
                    await upload_in_parts(self._project, self._claims, (BUCKET, name), place, kind)
                else:
                    options: FileOptions = {"content-type": kind, **_ONCE_FOR_ALL}
                    await self._bucket().upload(name, await anyio.Path(place).read_bytes(), options)
            except StorageApiError as error:
                if str(error.status) != "409":  # it is there already
                    raise

    async def _download(self, sha256: str) -> bytes:
        async with self._asking(sha256):
            return await self._bucket().download(await self._name_of(sha256))

    async def _is_there(self, sha256: str) -> bool:
        async with self._asking(sha256):
            try:
                await self._name_of(sha256)
            except Damaged:
                return False
        return True

    async def _name_of(self, sha256: str) -> str:
        """The file's name with its ending, which only the bucket knows. Raises `Damaged` without one."""
        folder = f"{self._owner}/{sha256[:2]}"
        for found in await self._bucket().list(folder, {"limit": 10, "search": sha256}):
            if str(found["name"]).partition(".")[0] == sha256:
                return f"{folder}/{found['name']}"
        raise _missing(sha256)

    def _name(self, sha256: str, ending: str) -> str:
        return f"{self._owner}/{sha256[:2]}/{sha256}.{ending}"

    def _bucket(self) -> AsyncBucketProxy:
        url = f"{self._project.url}/storage/v1/"
        headers = self._project.headers(self._claims)
        return AsyncStorageClient(url, headers, http_client=self._project.http).from_(BUCKET)

    @asynccontextmanager
    async def _asking(self, sha256: str) -> AsyncIterator[None]:
        """Storage's failures as the studio's own, without its words: those quote names and pages."""
        try:
            yield
        except StorageApiError as error:
            raise _refused(str(error.status), sha256) from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise StoreDown(_DOWN) from error


def _missing(sha256: str) -> Damaged:
    return Damaged(f"The stored file {sha256[:12]}… is missing in the bucket.", sha256=sha256)


_NO_ENTRY = "Supabase Storage doesn't let the studio at this file. Check SUPABASE_JWT_SECRET."
_REFUSALS: Mapping[str, tuple[type[StudioError], str]] = {
    "401": (Denied, _NO_ENTRY),
    "403": (Denied, _NO_ENTRY),
    "413": (
        StoreError,
        "This file is larger than the bucket takes. Raise the limit in Supabase, then try again.",
    ),
    "415": (StoreError, "The bucket doesn't take this kind of file. Run `viraltracker migrate` again."),
    "429": (StoreDown, _DOWN),
    "507": (DiskFull, "Supabase Storage is full. Free some space there, or take a larger plan."),
}


def _refused(status: str, sha256: str) -> StudioError:
    if status == "404":
        return _missing(sha256)
    usual = (StoreDown, _DOWN) if status.startswith("5") else (StoreError, f"Supabase Storage says {status}.")
    kind, words = _REFUSALS.get(status, usual)
    return kind(words)
