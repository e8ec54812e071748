"""The leash of a child process, from its side: a pipe on stdin that says go, and by its end stop."""

import os
import sys

import anyio
import click

__all__ = ["GO", "ended", "leash_option", "wait_for_end", "wait_for_go"]

GO = b"g"

leash_option = click.option(
    "--leash",
    is_flag=True,
    hidden=True,
    help="Begin when stdin says so, and end when it closes: who started this process holds the other end.",
)


def wait_for_go() -> None:
    """Block until we may begin. Ends the process when the one who holds the leash is gone."""
    if os.read(sys.stdin.fileno(), len(GO)) != GO:
        raise click.exceptions.Exit(0)


def wait_for_end() -> None:
    """Block until the leash is let go."""
    while os.read(sys.stdin.fileno(), 4096):
        pass


async def ended() -> None:
    """Wait until the leash is let go."""
    while True:
        await anyio.wait_readable(sys.stdin)
        if not os.read(sys.stdin.fileno(), 4096):
            return
