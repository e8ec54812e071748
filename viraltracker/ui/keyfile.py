"""The secret that signs links: made once, kept in the data folder, readable by its owner alone."""

import os
import secrets
from pathlib import Path

from viraltracker.errors import SettingsRefused

__all__ = ["read_or_make_key"]

_KEY_BYTES = 32


def read_or_make_key(path: Path) -> bytes:
    """The key in `path`, made if there is none; two processes that start at once get the same one.

    Raises `SettingsRefused` for a file that is not a key of 32 bytes.
    """
    if not path.exists():
        _make(path)
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise SettingsRefused(
            f"The link key {path} is damaged. Delete the file and start again; links on open pages will end."
        )
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        # A hard link refuses an existing name: the first process wins, and nobody reads half a key.
        os.link(fresh, path)
    except FileExistsError:
        return
    finally:
        fresh.unlink(missing_ok=True)
