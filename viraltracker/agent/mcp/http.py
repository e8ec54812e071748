"""The server over streamable HTTP, on this machine's own addresses alone, as there is no login.

A web page of somebody else may point its own name at this machine (DNS rebinding): the Host header gives it
away. No page is served here, so whatever names an Origin is somebody else's page.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anyio
import uvicorn
from mcp.server.transport_security import TransportSecuritySettings

from viraltracker.agent.bench import Bench
from viraltracker.agent.mcp.server import studio_server
from viraltracker.errors import BadInput
from viraltracker.settings import safe_address

__all__ = ["serve_http"]

_PATH = "/mcp"
_ONLY_US = TransportSecuritySettings(
    allowed_hosts=["127.0.0.1:*", "localhost:*", "[::1]:*"], allowed_origins=[]
)
_END_WITHIN_S = 1
"""How long open streams may stay open at the end: clients hold theirs for ever."""


async def serve_http(bench: Bench, address: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until cancelled; `ready` is told the URL. Raises `SettingsRefused` and `BadInput`."""
    listening = _listening(safe_address(address), port)
    server = await studio_server(bench)
    app = server.streamable_http_app(streamable_http_path=_PATH, transport_security=_ONLY_US)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=_END_WITHIN_S
    )
    web = _Web(config)

    async def serve() -> None:
        with anyio.CancelScope(shield=True):
            await web.serve([listening])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(serve)
        try:
            host, bound = listening.getsockname()[:2]
            ready(f"http://{f'[{host}]' if ':' in host else host}:{bound}{_PATH}")
            await anyio.sleep_forever()
        finally:
            web.should_exit = True


class _Web(uvicorn.Server):
    """A web server that leaves signals to the command it runs in."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listening(address: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address, port))
        listening.listen()
    except OSError as refused:
        listening.close()
        raise BadInput(
            f"The MCP server can't listen on port {port}: {refused.strerror}. Choose another with --port."
        ) from None
    return listening
