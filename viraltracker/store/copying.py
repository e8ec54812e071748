"""A studio's audio from this disk into its bucket, and back: what is there is not sent again, so that a copy
that was broken off goes on where it stopped. Nothing is taken away where it came from.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from viraltracker.errors import Damaged
from viraltracker.store.bucket import BucketBlobs

__all__ = ["CopyReport", "Direction", "copy_files"]


class Rows(Protocol):
    """One owner's rows."""

    async def call(self, function: str, /, **arguments: Any) -> Any:
        """Call a SQL function."""
        ...


Direction = Literal["bucket", "folder"]
_PAGE = 500


@dataclass(frozen=True, slots=True)
class CopyReport:
    """How many files were copied, and how many were there before. `lost` are hashes that can't be had."""

    copied: int = 0
    there: int = 0
    bytes: int = 0
    lost: tuple[str, ...] = ()


async def copy_files(
    rows: Rows, files: BucketBlobs, to: Direction, told: Callable[[CopyReport], None]
) -> CopyReport:
    """Copy one owner's files, each proven by its hash on the way; `told` hears after each one.

    Raises `StoreDown` when the bucket doesn't answer; what was copied by then stays.
    """
    report = CopyReport()
    async for sha256, size in _of(rows):
        copied, there, moved, lost = report.copied, report.there, report.bytes, report.lost
        try:
            if await files.copy(sha256, to):
                copied, moved = copied + 1, moved + size
            else:
                there += 1
        except Damaged:
            lost = (*lost, sha256)
        report = CopyReport(copied, there, moved, lost)
        told(report)
    return report


async def _of(rows: Rows) -> AsyncIterator[tuple[str, int]]:
    behind = ""
    while page := await rows.call("studio_blobs_v1", behind=behind, most=_PAGE):
        for row in page:
            yield row["sha256"], row["bytes"]
        behind = page[-1]["sha256"]
