"""The server on this process's stdin and stdout, for a client that started it."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import cast

import anyio
from mcp.server.stdio import stdio_server

from viraltracker.agent.bench import Bench
from viraltracker.agent.mcp.server import studio_server

__all__ = ["serve_stdio"]

_CHUNK_BYTES = 65536


async def serve_stdio(bench: Bench) -> None:
    """Serve until the client closes stdin, or is gone. Meanwhile stray output goes to stderr."""
    server = await studio_server(bench)
    # The library only iterates over it.
    lines = cast("anyio.AsyncFile[str]", _lines(sys.stdin.fileno()))
    try:
        async with stdio_server(stdin=lines) as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())
    except* BrokenPipeError:
        pass  # nobody reads any more


async def _lines(descriptor: int) -> AsyncIterator[str]:
    """Lines as they come. The library's own reader blocks a thread that no signal can end."""
    rest = b""
    while True:
        with suppress(PermissionError):  # a file can't be waited for, and need not be
            await anyio.wait_readable(descriptor)
        chunk = os.read(descriptor, _CHUNK_BYTES)
        if not chunk:
            return
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")
