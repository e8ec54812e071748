"""`viraltracker studio`: the studio in the browser, with everything it needs, until Ctrl-C."""

import errno
import ipaddress
import os
import signal
import socket
import sys
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
import click

from viraltracker.cli.children import Child, Children, kept_alive
from viraltracker.cli.inside import begin
from viraltracker.cli.options import json_option
from viraltracker.cli.screen import print_json, print_text, say
from viraltracker.errors import BadInput, StudioError

if TYPE_CHECKING:
    from viraltracker.settings import Settings
    from viraltracker.studio import Studio

__all__ = ["studio"]

_READY_WITHIN_S = 90.0
_LOOK_EVERY_S = 0.05


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), help="The studio's port; without it VIRALTRACKER_PORT or 8501."
)
@click.option("--no-browser", is_flag=True, help="Don't open the browser.")
@json_option
def studio(port: int | None, no_browser: bool, as_json: bool) -> None:
    """Open the studio in the browser, with all it needs. Ctrl-C ends it.

    It runs the database, one job worker and the pages, on this machine alone. With SUPABASE_URL and without
    DATABASE_URL it runs the pages only.
    On the first start it makes an example session, ready to generate and hear. A process of it that dies is
    started again. A second studio on the same data is fine, on another port; both show the same sessions.

    Prints the address when all is ready; with --json {url, data, pid}.
    """
    settings = begin(lasting=True)
    anyio.run(_run, settings, port or settings.port, not no_browser, as_json)


async def _run(settings: "Settings", port: int, browser: bool, as_json: bool) -> None:
    await anyio.to_thread.run_sync(_refuse_open, settings.address)
    await _refuse_taken(settings.address, port)
    wanted = [Child("pages", ("pages", "--port", str(port)))]
    if settings.over_http:
        say("Takes are made by workers elsewhere: this studio has no DATABASE_URL, and so no job queue.")
    else:
        wanted.append(Child("job worker", ("worker", "--name", "studio")))
    say("Opening the studio.")
    async with _stopping() as told, kept_alive(*wanted) as children:
        told.children = children
        # We load our libraries while the children load theirs on other cores: it is most of a start.
        await anyio.to_thread.run_sync(import_module, "viraltracker.studio")
        from viraltracker.studio import make_example, open_studio

        async with open_studio(settings) as opened:
            await make_example(opened)
            children.go()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_announce, settings, port, opened, browser, as_json)
                await told.stop.wait()
                tasks.cancel_scope.cancel()
            await children.end()
    say("The studio is closed.")


class _Told:
    """Whether we were told to stop; and who dies at once when we are told again."""

    def __init__(self) -> None:
        self.stop = anyio.Event()
        self.children: Children | None = None


@asynccontextmanager
async def _stopping() -> AsyncIterator[_Told]:
    told = _Told()

    async def listen() -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
            async for _ in signals:
                if told.stop.is_set() and told.children is not None:
                    told.children.kill()
                elif not told.stop.is_set():
                    say("Closing the studio. Takes under way are finished; Ctrl-C again ends at once.")
                    told.stop.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listen)
        yield told
        tasks.cancel_scope.cancel()


async def _announce(settings: "Settings", port: int, opened: "Studio", browser: bool, as_json: bool) -> None:
    """Wait until pages and worker answer, then say where the studio is."""
    with anyio.move_on_after(_READY_WITHIN_S) as waiting:
        while True:
            worked = settings.over_http or await opened.workers()
            if worked and await _answers(settings.address, port):
                break
            await anyio.sleep(_LOOK_EVERY_S)
    if waiting.cancelled_caught:
        raise StudioError(
            f"The studio was not ready after {_READY_WITHIN_S:g} s. The lines above may say why."
        )
    url = _known_as(settings.address, port)
    if as_json:
        print_json({"url": url, "data": str(settings.data), "pid": os.getpid()})
    else:
        print_text(f"The studio is open at {url} (Ctrl-C closes it).")
    sys.stdout.flush()
    if browser and _has_screen():
        await anyio.to_thread.run_sync(webbrowser.open, url, abandon_on_cancel=True)


def _refuse_open(address: str) -> None:
    """Raise `SettingsRefused` where others would reach a studio without login, before anything is started."""
    if ipaddress.ip_address(address).is_loopback:
        return
    from viraltracker.ui.doorway import refuse_open

    refuse_open(address)


async def _refuse_taken(address: str, port: int) -> None:
    """Raise `BadInput` when we can't listen there, saying who does."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            return
        except OSError as refused:
            if refused.errno != errno.EADDRINUSE:
                raise BadInput(
                    f"The studio can't listen on port {port}: {refused.strerror}. Choose another with --port."
                ) from None
    if await _answers(address, port):
        url = _url(address, port)
        raise BadInput(f"A studio is open at {url} already. Use that one, or open another with --port.")
    raise BadInput(f"Another program uses port {port}. Choose another with --port.")


async def _answers(address: str, port: int) -> bool:
    """Whether the studio's web server says that it is well."""
    try:
        with anyio.fail_after(2.0):
            async with await anyio.connect_tcp(address, port) as stream:
                await stream.send(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
                return b" 200 " in await stream.receive(64)
    except (OSError, TimeoutError, anyio.EndOfStream, anyio.BrokenResourceError):
        return False


def _url(address: str, port: int) -> str:
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"


def _known_as(address: str, port: int) -> str:
    """What browsers call the studio: where others reach it, by the name that people sign in under."""
    if ipaddress.ip_address(address).is_loopback:
        return _url(address, port)
    from viraltracker.ui.login import login

    way = login()
    return way.address_at(port) if way is not None else _url(address, port)


def _has_screen() -> bool:
    """Without one Python would open a text browser in this very terminal."""
    return sys.platform in ("darwin", "win32") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
