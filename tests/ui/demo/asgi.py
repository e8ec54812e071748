"""The demo as the studio runs: the same application, with sample data and tones instead of a studio."""

import io
import time
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import soundfile
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.ui.demo.play import LOG
from viraltracker.errors import NotFound
from viraltracker.ui.links import LinkSigner
from viraltracker.ui.server import build_app


class EmptyShelf:
    async def audio_file(self, sha256: str, user: str) -> Path:
        raise NotFound

    async def download(self, thing: str, user: str):
        raise NotFound


@asynccontextmanager
async def nothing():
    yield EmptyShelf()


async def tone(request):
    """A sine of the wanted pitch and length."""
    pitch_hz, length_ms = (int(part) for part in request.path_params["name"].removesuffix(".wav").split("-"))
    seconds = np.arange(length_ms * 24) / 24_000
    out = io.BytesIO()
    soundfile.write(out, 0.2 * np.sin(2 * np.pi * pitch_hz * seconds), 24_000, format="WAV")
    body = out.getvalue()
    return Response(body, media_type="audio/wav", headers={"Cache-Control": "private, max-age=600"})


async def log(request):
    """What the pages were told, oldest first."""
    return JSONResponse(LOG)


app = build_app(
    Path(__file__).with_name("frame.py"),
    nothing,
    LinkSigner(b"demo" * 8, time.time),
    routes=[Route("/demo/tone/{name}", tone), Route("/demo/log", log)],
)
