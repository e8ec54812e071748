"""The studio as one ASGI application: Streamlit's pages, our routes, and the open studio behind both."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypedDict

from anyio.from_thread import BlockingPortal
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from streamlit.starlette import App

from viraltracker.ui.config import apply_defaults
from viraltracker.ui.current import Opener, opened
from viraltracker.ui.doorway import Doorway, refuse_open_bind
from viraltracker.ui.flush import serving
from viraltracker.ui.links import LinkSigner
from viraltracker.ui.login import login
from viraltracker.ui.making import let_go
from viraltracker.ui.routes import Parcel, Shelf, studio_routes

__all__ = ["AppParts", "app_parts"]


class AppParts(TypedDict):
    """What Streamlit's `App` takes besides its script."""

    lifespan: Callable[[App], AbstractAsyncContextManager[dict[str, Any] | None]]
    routes: Sequence[BaseRoute]
    middleware: Sequence[Middleware]


def app_parts(opener: Opener, signer: LinkSigner, *, routes: Sequence[BaseRoute] = ()) -> AppParts:
    """The application around the pages; the studio that `opener` opens is also the shelf of files.

    Write `app = App(script, **app_parts(...))` in the module that a server loads: `streamlit run` looks for
    that very call in the text of the file, and runs anything else as a page.

    The lifespan refuses an address that others can reach, opens the studio in a loop of its own, and closes
    it. `routes` come before Streamlit's.
    """
    apply_defaults()
    shelf = _FarShelf()

    @asynccontextmanager
    async def lifespan(app: App) -> AsyncIterator[dict[str, Any] | None]:
        refuse_open_bind()
        async with opened(opener) as (studio, portal):
            shelf.connect(studio, portal)
            try:
                with serving(asyncio.get_running_loop()):
                    yield None
            finally:
                let_go()

    return {
        "lifespan": lifespan,
        "routes": [*studio_routes(shelf, signer), *routes],
        "middleware": [Middleware(Doorway, login=login())],
    }


class _FarShelf:
    """The studio's shelf, asked from the web server's loop while it lives in its own."""

    def __init__(self) -> None:
        self._near: tuple[Shelf, BlockingPortal] | None = None

    def connect(self, shelf: Shelf, portal: BlockingPortal) -> None:
        self._near = (shelf, portal)

    async def audio_file(self, sha256: str, user: str) -> Path:
        shelf, portal = self._connected()
        return await portal.call_async(shelf.audio_file, sha256, user)

    async def download(self, thing: str, user: str) -> Parcel:
        shelf, portal = self._connected()
        return await portal.call_async(shelf.download, thing, user)

    def _connected(self) -> tuple[Shelf, BlockingPortal]:
        assert self._near is not None, "routes answer only after the lifespan began"  # noqa: S101
        return self._near
