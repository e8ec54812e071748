"""`viraltracker pages`: the web application alone, as `viraltracker studio` starts it. Hidden from help."""

import logging
import os
import signal
import threading

import click

from viraltracker.cli.inside import begin
from viraltracker.cli.leash import leash_option, wait_for_end, wait_for_go

__all__ = ["pages"]


@click.command(hidden=True)
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Where to listen; without it the port that is set."
)
@leash_option
def pages(port: int | None, leash: bool) -> None:
    """Serve the studio's pages on this machine, without a worker."""
    settings = begin(lasting=True)
    from viraltracker.ui.asgi import app
    from viraltracker.ui.config import streamlit_config

    begin(lasting=True)  # Streamlit's loggers came with the import; they too are led through ours
    for name in ("uvicorn.error", "streamlit.config"):
        logging.getLogger(name).addFilter(_worth_a_line)
    if leash:
        wait_for_go()
        threading.Thread(target=_end_with_stdin, name="leash", daemon=True).start()
    app.run(config=streamlit_config(server_address=settings.address, server_port=port or settings.port))


def _worth_a_line(record: logging.LogRecord) -> bool:
    """Not: that the server starts and stops, and that options were set, which is what we do here."""
    return record.levelno > logging.INFO and "[server] config option" not in str(record.msg)


def _end_with_stdin() -> None:
    """The server has its own handling of signals and no other way to be told."""
    wait_for_end()
    os.kill(os.getpid(), signal.SIGTERM)
