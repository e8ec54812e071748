"""The routes that Streamlit should not carry: audio, downloads, the studio's own assets, health.

Knows no database: the studio hands in `Shelf`, which turns an id into a file on this disk. Every fetch is
opened by a signed link (`links`), so a route never asks who is there; the doorway has asked already where it
comes from.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import anyio
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from viraltracker.errors import NotFound, StudioError
from viraltracker.store import HEAD_BYTES, media_type
from viraltracker.studio import Parcel
from viraltracker.ui.doorway import foreign_page
from viraltracker.ui.files import safe_filename
from viraltracker.ui.links import Kind, LinkSigner

__all__ = ["ASSETS", "Parcel", "Shelf", "studio_routes"]

ASSETS = Path(__file__).with_name("assets")
"""The fonts and other files of our own that a browser fetches."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_ASSET_TYPES = {".woff2": "font/woff2", ".css": "text/css", ".txt": "text/plain"}
_SHIPPED = {
    path.relative_to(ASSETS).as_posix(): path for path in ASSETS.rglob("*") if path.suffix in _ASSET_TYPES
}
_YEAR_S = 31_536_000


class Shelf(Protocol):
    """Where files come from. Answers for one user's things only, and raises `NotFound` for others."""

    async def audio_file(self, sha256: str, user: str) -> Path:
        """The audio with that hash, as a file on this disk."""
        ...

    async def download(self, thing: str, user: str) -> Parcel:
        """The finished export, or take, with that id or hash."""
        ...


def studio_routes(shelf: Shelf, signer: LinkSigner) -> Sequence[BaseRoute]:
    """`/audio/{sha256}`, `/download/{thing}`, `/studio/assets/{name}` and `/health`."""

    async def audio(request: Request) -> Response:
        sha256 = request.path_params["sha256"]
        left_s = _opens(request, signer, "audio", sha256, _SHA256)
        if left_s is None:
            return _closed()
        try:
            path = await shelf.audio_file(sha256, request.query_params["u"])
        except StudioError as error:
            return _sorry(error)
        head = await _head(path)
        if head is None:
            return _sorry(NotFound("This audio is no longer on the disk. `viraltracker check` says more."))
        headers = {**_private(left_s), "ETag": f'"{sha256}"'}
        return FileResponse(path, media_type=media_type(head), headers=headers)

    async def download(request: Request) -> Response:
        thing = request.path_params["thing"]
        left_s = _opens(request, signer, "download", thing, _ID)
        if left_s is None:
            return _closed()
        try:
            parcel = await shelf.download(thing, request.query_params["u"])
        except StudioError as error:
            return _sorry(error)
        head = await _head(parcel.path)
        if head is None:
            return _sorry(NotFound("This file is no longer on the disk. Export again."))
        name = safe_filename(parcel.filename)
        return FileResponse(parcel.path, media_type=media_type(head), filename=name, headers=_private(left_s))

    return (
        Route("/audio/{sha256}", audio, methods=["GET"]),
        Route("/download/{thing}", download, methods=["GET"]),
        Route("/studio/assets/{name:path}", asset, methods=["GET"]),
        Route("/health", health, methods=["GET"]),
    )


async def health(request: Request) -> Response:
    """Says that the web server answers; nothing about whom or what it holds."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


async def asset(request: Request) -> Response:
    """A font or another file that ships with the studio; cached for a year, as its name changes with it."""
    path = _SHIPPED.get(request.path_params["name"])
    if path is None:
        return PlainTextResponse("There is no such file.\n", status_code=404)
    headers = {"Cache-Control": f"public, max-age={_YEAR_S}", "X-Content-Type-Options": "nosniff"}
    return FileResponse(path, media_type=_ASSET_TYPES[path.suffix], headers=headers)


def _opens(
    request: Request, signer: LinkSigner, kind: Kind, thing: str, shape: re.Pattern[str]
) -> int | None:
    if not shape.fullmatch(thing) or foreign_page(request.headers):
        return None
    return signer.remaining_s(kind, thing, request.query_params)


def _private(left_s: int) -> dict[str, str]:
    return {
        "Cache-Control": f"private, max-age={left_s}",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        # Should a browser ever draw such a file as a page, nothing in it may run.
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def _closed() -> Response:
    text = "This link has ended. Load the page again.\n"
    return PlainTextResponse(text, status_code=403, headers={"Cache-Control": "no-store"})


def _sorry(error: StudioError) -> Response:
    status = 404 if isinstance(error, NotFound) else 503 if error.retryable else 500
    return PlainTextResponse(error.message + "\n", status_code=status, headers={"Cache-Control": "no-store"})


async def _head(path: Path) -> bytes | None:
    try:
        async with await anyio.open_file(path, "rb") as file:
            return await file.read(HEAD_BYTES)
    except (FileNotFoundError, IsADirectoryError):
        return None
