"""Uploads in parts that go on where they were cut off: TUS 1.0.0, as Supabase Storage speaks it.

The protocol: https://tus.io/protocols/resumable-upload. Supabase wants parts of just 6 MiB, but for the last:
https://supabase.com/docs/guides/storage/uploads/resumable-uploads.
"""

from base64 import b64encode
from pathlib import Path

import anyio
import httpx
from storage3.exceptions import StorageApiError

from viraltracker.store.project import Project

__all__ = ["PART_BYTES", "upload_in_parts"]

PART_BYTES = 6 * 1024 * 1024
_TRIES = 3
_PAUSE_S = 0.2
_TAKEN, _LOCKED = 409, 423


async def upload_in_parts(
    project: Project, claims: str, target: tuple[str, str], path: Path, kind: str
) -> None:
    """Send a file to `target`, a bucket and a name in it. A part that is cut off is asked for and sent on.

    Raises `StorageApiError` (409: the name is there already; 503: nothing gets through), `httpx.HTTPError`.
    """
    size = (await anyio.Path(path).stat()).st_size
    headers = {**project.headers(claims), "Tus-Resumable": "1.0.0"}
    metadata = {"bucketName": target[0], "objectName": target[1], "contentType": kind}
    made = await project.http.post(
        f"{project.url}/storage/v1/upload/resumable",
        headers={
            **headers,
            "Upload-Length": str(size),
            "Upload-Metadata": ",".join(f"{key} {_encoded(value)}" for key, value in metadata.items()),
            "x-upsert": "false",
        },
    )
    _expect(made, 201)
    place = made.request.url.join(made.headers["Location"])
    if _origin(place) != _origin(httpx.URL(project.url)):  # the token would go wherever this points
        raise StorageApiError("The upload was sent to another host.", "Foreign", 502)
    sent, tries = 0, 0
    while sent < size:
        try:
            reached = await _send(project, {**headers, **project.headers(claims)}, place, path, sent)
        except (httpx.TransportError, _Moved):
            await anyio.sleep(_PAUSE_S * tries)
            reached = await _standing(project, {**headers, **project.headers(claims)}, place)
        tries = 0 if reached > sent else tries + 1
        sent = reached
        if tries == _TRIES:
            raise StorageApiError("An upload in parts doesn't get on.", "Resumable", 503)


class _Moved(Exception):
    """A part that doesn't follow what is there: an earlier one arrived, or is just being taken in."""


async def _send(project: Project, headers: dict[str, str], place: httpx.URL, path: Path, at: int) -> int:
    async with await anyio.open_file(path, "rb") as file:
        await file.seek(at)
        part = await file.read(PART_BYTES)
    headers = {**headers, "Upload-Offset": str(at), "Content-Type": "application/offset+octet-stream"}
    answer = await project.http.patch(place, headers=headers, content=part)
    if answer.status_code in (_TAKEN, _LOCKED):
        raise _Moved
    return _offset(answer, 204)


async def _standing(project: Project, headers: dict[str, str], place: httpx.URL) -> int:
    return _offset(await project.http.head(place, headers=headers), 200)


def _offset(answer: httpx.Response, status: int) -> int:
    _expect(answer, status)
    told = answer.headers.get("Upload-Offset", "")
    if not told.isdecimal():
        raise StorageApiError("An upload in parts was answered without its offset.", "Resumable", 502)
    return int(told)


def _expect(answer: httpx.Response, status: int) -> None:
    if answer.status_code != status:
        raise StorageApiError("An upload in parts was refused.", "Resumable", answer.status_code)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _encoded(text: str) -> str:
    return b64encode(text.encode()).decode("ascii")
