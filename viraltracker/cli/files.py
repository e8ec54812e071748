"""Files that a person names: scripts come in, episodes and copies go out. All or nothing, refused clearly.

A target is replaced in one step when its new content is complete; until then it stays as it is.
"""

import os
import secrets
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from viraltracker.errors import BadInput

__all__ = ["check_target", "copy_out", "read_script", "write_out"]

_READ_MAX_BYTES = 16 * 1024 * 1024
"""Far over the longest script; a device or a film named by mistake is not read to its end."""


def read_script(name: str) -> bytes:
    """A script's bytes from a file, or from stdin for `-`. Raises `BadInput`."""
    try:
        if name == "-":
            return sys.stdin.buffer.read(_READ_MAX_BYTES)
        with Path(name).open("rb") as file:
            return file.read(_READ_MAX_BYTES)
    except (OSError, ValueError) as refused:
        raise BadInput(f"{name} can't be read: {_why(refused)}.", file=name) from None


def check_target(path: Path) -> Path:
    """Where the file will really be (links followed). Raises `BadInput` when it can't be written there."""
    try:
        target = path.expanduser().resolve()
        if target.is_dir():
            raise BadInput(f"{path} is a folder. Name a file in it.")
        if target.exists() and not target.is_file():
            raise BadInput(f"{path} is no ordinary file. Name another.")
        if not target.parent.is_dir():
            raise BadInput(f"There is no folder {target.parent}. Make it first, or name another.")
        probe = _beside(target)
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        probe.unlink()
    except (OSError, ValueError, RuntimeError) as refused:  # too long, a NUL, no such user's home
        raise BadInput(f"{path} can't be written: {_why(refused)}. Name another place.") from None
    return target


def write_out(path: Path, content: bytes) -> None:
    """Put `content` there in one step. Raises `BadInput`."""
    _replace(path, lambda fresh: fresh.write_bytes(content))


def copy_out(source: Path, path: Path) -> None:
    """Put a copy of `source` there in one step. Raises `BadInput`."""
    _replace(path, lambda fresh: shutil.copyfile(source, fresh))


def _replace(path: Path, fill: Callable[[Path], object]) -> None:
    target = check_target(path)
    fresh = _beside(target)
    try:
        fill(fresh)
        with fresh.open("rb+") as file:
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, fresh)
        fresh.replace(target)
    except OSError as refused:
        raise BadInput(f"{path} could not be written: {_why(refused)}. It is as it was.") from None
    finally:
        with suppress(OSError):
            fresh.unlink()


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}")


def _why(refused: Exception) -> str:
    words = refused.strerror if isinstance(refused, OSError) else None
    return (words or "that is no file's name").lower()
