"""A file that is there whole or not at all."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from viraltracker.errors import DiskFull, EncoderFailed

__all__ = ["finished_file"]


@contextmanager
def finished_file(out: Path) -> Iterator[Path]:
    """A path to write to, in a folder of its own beside `out`; on leaving, synced, it takes `out`'s place.

    When the work fails or is cancelled, the folder goes and `out` is as it was. Raises `DiskFull`, or
    `EncoderFailed` where the folder can't be written to.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".viraltracker-", dir=out.parent))
    except OSError as error:
        raise _in_words(error, out) from error
    try:
        draft = work / "draft"
        yield draft
        _sync(draft)
        os.replace(draft, out)  # noqa: PTH105 - atomic, also over an existing file
        _sync(out.parent)
    except OSError as error:
        raise _in_words(error, out) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _in_words(error: OSError, out: Path) -> DiskFull | EncoderFailed:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"The disk is full: {out.name} was not written. Free some space and try again.")
    reason = (error.strerror or "it can't be used").lower()
    return EncoderFailed(f"{out.name} can't be written to {out.parent}: {reason}. Choose another folder.")
