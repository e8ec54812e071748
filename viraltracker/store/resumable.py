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


async def upload_in_parts(
    project: Project, claims: str, target: tuple[str, str], path: Path, kind: str
) -> None:
    """Send a file to `target`, a bucket and a name in it. A part that is cut off is asked for and sent on.

    Raises `StorageApiError` (409: the name is there already) and, after some tries, `httpx.HTTPError`.
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
    place = str(made.request.url.join(made.headers["Location"]))
    if httpx.URL(place).host != httpx.URL(project.url).host:
        raise StorageApiError("The upload was sent to another host.", "Foreign", 502)
    sent, tries = 0, 0
    while sent < size:
        try:
            sent = await _send(project, {**headers, **project.headers(claims)}, place, path, sent)
            tries = 0
        except httpx.TransportError:
            tries += 1
            if tries == _TRIES:
                raise
            sent = await _standing(project, {**headers, **project.headers(claims)}, place)


async def _send(project: Project, headers: dict[str, str], place: str, path: Path, at: int) -> int:
    async with await anyio.open_file(path, "rb") as file:
        await file.seek(at)
        part = await file.read(PART_BYTES)
    headers = {**headers, "Upload-Offset": str(at), "Content-Type": "application/offset+octet-stream"}
    answer = await project.http.patch(place, headers=headers, content=part)
    _expect(answer, 204)
    return int(answer.headers["Upload-Offset"])


async def _standing(project: Project, headers: dict[str, str], place: str) -> int:
    answer = await project.http.head(place, headers=headers)
    _expect(answer, 200)
    return int(answer.headers["Upload-Offset"])


def _expect(answer: httpx.Response, status: int) -> None:
    if answer.status_code != status:
        raise StorageApiError("An upload in parts was refused.", "Resumable", answer.status_code)


def _encoded(text: str) -> str:
    return b64encode(text.encode()).decode("ascii")
