"""The studio's web application, as servers load it: `viraltracker.ui.asgi:app`."""

import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from viraltracker.settings import read_settings
from viraltracker.studio import Studio, open_studio
from viraltracker.ui.keyfile import read_or_make_key
from viraltracker.ui.links import LinkSigner
from viraltracker.ui.server import build_app

__all__ = ["app", "link_signer"]

_settings = read_settings()


def link_signer(data: Path) -> LinkSigner:
    """Signs links with the key of the data folder."""
    return LinkSigner(read_or_make_key(data / "links.key"), time.time)


def _open() -> AbstractAsyncContextManager[Studio]:
    return open_studio(_settings)


app = build_app(Path(__file__).with_name("app.py"), _open, link_signer(_settings.data))
