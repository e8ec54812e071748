"""The studio's web application, as servers load it: `viraltracker.ui.asgi:app`."""

import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from streamlit.starlette import App

from viraltracker.settings import read_settings
from viraltracker.studio import Studio, open_studio
from viraltracker.ui.doorway import take_settings_from_secrets
from viraltracker.ui.keyfile import read_or_make_key
from viraltracker.ui.links import LinkSigner
from viraltracker.ui.server import app_parts

__all__ = ["app", "link_signer"]

take_settings_from_secrets()
_settings = read_settings()


def link_signer(data: Path) -> LinkSigner:
    """Signs links with the key of the data folder."""
    return LinkSigner(read_or_make_key(data / "links.key"), time.time)


def _open() -> AbstractAsyncContextManager[Studio]:
    return open_studio(_settings)


app = App(Path(__file__).with_name("app.py"), **app_parts(_open, link_signer(_settings.data)))
