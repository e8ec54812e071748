"""What a run of a page has drawn is sent before the run ends.

Streamlit (1.67) drops what it hasn't sent yet of a fragment when that fragment runs again, but lets the whole
run before it count as complete. The browser then takes away what it was never sent: for 150 to 250 ms the
board was not on the page, and a key that was pressed meanwhile went to nobody.
"""

import asyncio
from collections.abc import Iterator
from concurrent.futures import TimeoutError as Late
from contextlib import contextmanager, suppress
from typing import Final

__all__ = ["sent", "serving"]

_FLUSH_S: Final = 0.02
"""Streamlit's loop sends what there is and rests for 10 ms; whoever sleeps longer there wakes after it."""
_LATE_S: Final = 2.0
_servers: list[asyncio.AbstractEventLoop] = []


@contextmanager
def serving(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Inside, pages are served from that loop."""
    _servers.append(loop)
    try:
        yield
    finally:
        _servers.remove(loop)


def sent() -> None:
    """Wait until the browser was sent what this run has drawn. For the thread of a page, at its end."""
    if not _servers:
        return
    with suppress(Late):
        asyncio.run_coroutine_threadsafe(asyncio.sleep(_FLUSH_S), _servers[-1]).result(_LATE_S)
