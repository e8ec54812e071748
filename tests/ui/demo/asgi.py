"""The demo as the studio runs: the same application, with sample data and tones instead of a studio."""

import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import soundfile
from anyio import to_thread
from starlette.responses import FileResponse, JSONResponse
from starlette.routing import Route
from streamlit.starlette import App

from tests.ui.demo.play import LOG
from viraltracker.errors import NotFound
from viraltracker.ui.links import LinkSigner
from viraltracker.ui.server import app_parts

_folder = tempfile.TemporaryDirectory(prefix="vt-tones-")
TONES = Path(_folder.name)


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
    path = TONES / f"{pitch_hz}-{length_ms}.wav"
    if not path.exists():
        soundfile.write(path, 0.2 * np.sin(2 * np.pi * pitch_hz * seconds), 24_000, format="WAV")
    return FileResponse(path, media_type="audio/wav", headers={"Cache-Control": "private, max-age=600"})


async def log(request):
    """What the pages were told, oldest first, once there are that many lines."""
    return JSONResponse(await to_thread.run_sync(LOG.wait, request.path_params["count"]))


app = App(
    Path(__file__).with_name("frame.py"),
    **app_parts(
        nothing,
        LinkSigner(b"demo" * 8, time.time),
        routes=[Route("/demo/tone/{name}", tone), Route("/demo/log/{count:int}", log)],
    ),
)
