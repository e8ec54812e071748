"""Who may come in: this machine's own browser, under the studio's own name. One guard for every route.

There is no login, so the studio answers on loopback addresses alone. `refuse_open_bind` stops a start on any
other as far as the address can be known then; `Doorway` refuses what arrives on another all the same, whoever
bound it. A web page of somebody else may point its own name at this machine (DNS rebinding) or send requests
from a browser's tab: the Host and Origin headers give both away.
"""

import ipaddress
import os
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config

from viraltracker.settings import safe_address

__all__ = ["Doorway", "bound_address", "foreign_page", "refuse_open_bind"]

_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_ANYWHERE = "0.0.0.0"  # noqa: S104 - named so that it can be refused
_STREAMLIT_BINDS = frozenset({"starlette-app", "starlette-app-direct"})
_REFUSED_CODE = 1008


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


def refuse_open_bind() -> None:
    """Raise `SettingsRefused` when the server binds to an address that others can reach."""
    address = bound_address(sys.argv)
    if address is not None:
        safe_address(address)


class Doorway:
    """ASGI middleware: lets in what comes over loopback, by our name, from our own pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403 (a WebSocket is closed before it opens)."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        refusal = _refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _REFUSED_CODE, "reason": refusal})
        else:
            await PlainTextResponse(refusal + "\n", status_code=403)(scope, receive, send)


def foreign_page(headers: Headers) -> bool:
    """Whether a browser says that the request was made by a page of another origin."""
    return headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}


def _refusal(scope: Scope) -> str | None:
    server = scope.get("server")
    if not server or not _is_loopback(server[0]):
        return "The studio answers on this machine alone. Come through an SSH tunnel."
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if _hostname(host) not in _NAMES:
        return "The studio doesn't go by that name. Open it as http://127.0.0.1."
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return "Pages from elsewhere may not talk to the studio."
    return None


def _hostname(host: str) -> str | None:
    try:
        parts = urlsplit(f"//{host}")
        if parts.username is not None or parts.path or parts.query or parts.fragment:
            return None
        return parts.hostname if parts.port is None or parts.port >= 0 else None
    except ValueError:
        return None


def _is_loopback(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback
