"""Who may come in: browsers that ask for the studio by its own name. One guard for every route.

Without login the studio answers on loopback addresses alone. `refuse_open_bind` stops a start on any other
as far as the address can be known then; `Doorway` refuses what arrives on another all the same, whoever bound
it. With login it answers everywhere, by the name that its identity provider sends people back to. A web page
of somebody else may point its own name at this machine (DNS rebinding) or send requests from a browser's tab:
the Host and Origin headers give both away.
"""

import json
import os
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

# Streamlit has no public word for who signed a cookie.
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
from streamlit.web.server.starlette.starlette_websocket import _get_signed_cookie_with_chunks

from viraltracker.settings import safe_address
from viraltracker.ui.login import Login, login, visitor_by
from viraltracker.ui.loopback import NAMES, is_loopback

__all__ = [
    "Doorway",
    "bound_address",
    "foreign_page",
    "refuse_open",
    "refuse_open_bind",
    "take_settings_from_secrets",
]

_ANYWHERE = "0.0.0.0"  # noqa: S104 - named so that it can be refused
_STREAMLIT_RUN = "starlette-app"
_STREAMLIT_BINDS = frozenset({_STREAMLIT_RUN, "starlette-app-direct"})
_REFUSED_CODE = 1008
_UPLOADS = "/_stcore/upload_file/"
"""Streamlit takes files for whoever has a page open, in memory; the door is a page too."""


def bound_address(arguments: Sequence[str]) -> str | None:
    """The address this process's server was told to bind to; None where only its requests will tell.

    `arguments` is the command line, read for uvicorn's `--host`.
    """
    # Streamlit keeps who runs the server in this one private place only.
    if getattr(config, "_server_mode", None) in _STREAMLIT_BINDS:
        return config.get_option("server.address") or _ANYWHERE
    for position, argument in enumerate(arguments):
        if argument == "--host" and position + 1 < len(arguments):
            return arguments[position + 1]
        if argument.startswith("--host="):
            return argument.removeprefix("--host=")
    return os.environ.get("UVICORN_HOST")


def take_settings_from_secrets() -> None:
    """Under `streamlit run` the names outside of tables in `secrets.toml` are settings too.

    Where Streamlit's own cloud runs the studio that file is all that can be set; it wins. `viraltracker
    studio` reads none of them: its processes would not all see the same.
    """
    if getattr(config, "_server_mode", None) == _STREAMLIT_RUN:
        st.secrets.load_if_toml_exists()


def refuse_open_bind() -> None:
    """Raise `SettingsRefused` when the server binds to an address that others can reach, and has no login."""
    address = bound_address(sys.argv)
    if address is not None:
        refuse_open(address)


def refuse_open(address: str) -> None:
    """Raise `SettingsRefused` when others can reach that address, and the studio has no login."""
    if login() is None:
        safe_address(address)


class Doorway:
    """ASGI middleware: lets in what comes by our name from our own pages; without login, over loopback."""

    def __init__(self, app: ASGIApp, login: Login | None = None) -> None:
        self._app = app
        self._login = login
        self._names = NAMES if login is None else NAMES | {login.host}
        self._tls = login is not None and login.address.startswith("https:")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403 (a WebSocket is closed before it opens)."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, _over_tls_alone(send) if self._tls else send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _REFUSED_CODE, "reason": refusal})
        else:
            await PlainTextResponse(refusal + "\n", status_code=403)(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        server = scope.get("server")
        if self._login is None and (not server or not is_loopback(server[0])):
            return "The studio answers on this machine alone. Come through an SSH tunnel."
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _hostname(host) not in self._names:
            return f"The studio doesn't go by that name. Open it as {self._called()}."
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return "Pages from elsewhere may not talk to the studio."
        if (
            self._login is not None
            and scope.get("path", "").startswith(_UPLOADS)
            and not _entered(self._login, headers)
        ):
            return "Sign in first."
        return None

    def _called(self) -> str:
        return "http://127.0.0.1" if self._login is None else self._login.host


def _entered(login: Login, headers: Headers) -> bool:
    """Whether the request's cookie, which Streamlit signed, is of somebody who may enter."""
    claims = _get_signed_cookie_with_chunks(cookie_parser(headers.get("cookie", "")), USER_COOKIE_NAME)
    found = visitor_by(login, json.loads(claims)) if claims else None
    return found is not None and found.may_enter


def _over_tls_alone(send: Send) -> Send:
    """Has browsers give cookies back over TLS alone: Streamlit's say who somebody is, for a month."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [
                (name, value + b"; Secure" if name.lower() == b"set-cookie" and _open(value) else value)
                for name, value in message.get("headers", ())
            ]
            message = {**message, "headers": headers}
        await send(message)

    return sending


def _open(cookie: bytes) -> bool:
    return b"secure" not in {part.strip().lower() for part in cookie.split(b";")}


def foreign_page(headers: Headers) -> bool:
    """Whether a browser says that the request was made by a page of another origin."""
    return headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}


def _hostname(host: str) -> str | None:
    try:
        parts = urlsplit(f"//{host}")
        if parts.username is not None or parts.path or parts.query or parts.fragment:
            return None
        return parts.hostname if parts.port is None or parts.port >= 0 else None
    except ValueError:
        return None
