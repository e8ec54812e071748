"""Free space: refuse work that can't finish, and keep a reserve with which a full database starts again.

Knows files and numbers only. Postgres panics on a full disk and can't start while the disk stays full (tried:
24 MB given back were enough for 0.2 s to the first connection), so those bytes are kept in a file from the
start.
"""

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path

from viraltracker.errors import DiskFull, SettingsRefused, StoreError

__all__ = ["RESERVE_BYTES", "Reserve", "free_space_check", "place_refused"]

RESERVE_BYTES = 24 * 1024 * 1024
"""What a crashed database needs at most to finish its recovery with the settings of `cluster`."""
_MARGIN_BYTES = 8 * 1024 * 1024
# A quota and a file size limit are a full disk to whoever wants to write.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def free_space_check(folder: Path, needed_bytes: int) -> None:
    """Raise `DiskFull` when `needed_bytes` would not fit on the disk of `folder` with some room left.

    `folder` may not exist yet; its nearest existing parent is asked. Call it before work starts, so that a
    full disk changes nothing.
    """
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    free_bytes = shutil.disk_usage(place).free
    if free_bytes < needed_bytes + _MARGIN_BYTES:
        message = (
            f"The disk of {folder} has {_megabytes(free_bytes)} MB left, and this needs "
            f"{_megabytes(needed_bytes + _MARGIN_BYTES)} MB. "
            "Free some space and try again; nothing was changed."
        )
        raise DiskFull(message, free_bytes=free_bytes, needed_bytes=needed_bytes + _MARGIN_BYTES)


def place_refused(
    error: OSError, place: Path, kind: type[StoreError] | type[SettingsRefused] = StoreError
) -> StoreError | SettingsRefused:
    """The system's refusal to read or write at `place` as ours: `DiskFull`, or else `kind`."""
    if error.errno in _FULL:
        return DiskFull(f"The disk of {place} is full. Free some space and try again; nothing was changed.")
    why = error.strerror or type(error).__name__
    return kind(f"The studio can't use {place}: {why}. Check whose it is, or choose another place.")


def _megabytes(count: int) -> int:
    return -(-count // 1_000_000)


class Reserve:
    """A file of real, allocated bytes that is given back when the database can't start for want of space."""

    def __init__(self, path: Path, size_bytes: int = RESERVE_BYTES) -> None:
        self.path = path
        self.size_bytes = size_bytes

    @property
    def held(self) -> bool:
        """Whether the bytes are there now."""
        return self.path.exists() and self.path.stat().st_size >= self.size_bytes

    def keep(self) -> bool:
        """Make the file where it's missing and there is room for it twice; whether it is there now."""
        if self.held:
            return True
        if shutil.disk_usage(self.path.parent).free < 2 * self.size_bytes:
            return False
        descriptor = os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(descriptor, 0, self.size_bytes)
            else:  # macOS: written for real, since a sparse file reserves nothing
                os.pwrite(descriptor, os.urandom(self.size_bytes), 0)
            os.fsync(descriptor)
        except OSError:
            with suppress(OSError):
                self.path.unlink()
            return False
        finally:
            os.close(descriptor)
        return True

    def release(self) -> bool:
        """Give the bytes back; whether there were any."""
        if not self.path.exists():
            return False
        self.path.unlink()
        return True
