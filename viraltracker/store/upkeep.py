"""Upkeep of what rests: prove that rows and files agree, and sweep away what nothing refers to.

Works over all owners, through functions that only the studio's own login may call. Knows no table.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import anyio.to_thread

from viraltracker.store.blobs import LocalBlobs, hash_of_file

__all__ = ["CheckReport", "SweepReport", "check", "gc"]

UNUSED_DAYS = 7.0
"""How long nothing has referred to a file before it may be swept."""
TRASH_DAYS = 30.0
"""How long a swept file can be had back."""
_DAY_S = 86400.0


class Calls(Protocol):
    """The database under the studio's own login."""

    async def call(self, function: str, /, **arguments: Any) -> Any:
        """Call a SQL function."""
        ...


@dataclass(frozen=True, slots=True)
class Loss:
    """A file that is `missing` or `changed`, and the rows that use it: {"takes.audio_sha256": 1}."""

    sha256: str
    what: str
    used_in: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `check` found. `unknown` files have no row, `unused` ones none that needs them: for `gc`."""

    blobs: int
    bytes: int
    losses: tuple[Loss, ...]
    unknown: tuple[str, ...]
    unused: int

    @property
    def ok(self) -> bool:
        """Nothing is lost."""
        return not self.losses

    def as_json(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {"ok": self.ok, **asdict(self)}


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What `gc` did, or with `dry_run` would do: files moved to the trash, purged from it, and put back."""

    dry_run: bool
    trashed: tuple[str, ...]
    trashed_bytes: int
    purged: tuple[str, ...]
    restored: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The report as JSON values."""
        return asdict(self)


async def check(studio: Calls, blobs: LocalBlobs) -> CheckReport:
    """Prove that every row has its file and every file its hash. Reads every file; changes nothing."""
    census = await studio.call("private.blob_census_v1")
    stored = await anyio.to_thread.run_sync(lambda: {path.name: path for path in blobs.stored()})
    known = {blob["sha256"] for blob in census["blobs"]}
    # A file that no row of its owner knows but that lies here is as lost to the owner as a missing one.
    lost = {row["sha256"]: "missing" for row in census["missing"]}
    lost |= dict.fromkeys(known - stored.keys(), "missing")
    for sha256, path in stored.items():
        if await anyio.to_thread.run_sync(_changed, path):
            lost[sha256] = "changed"
    used: dict[str, dict[str, int]] = {sha256: {} for sha256 in lost}
    for row in await studio.call("private.blob_users_v1", hashes=sorted(lost)):
        used[row["sha256"]][row["used_in"]] = row["rows"]
    return CheckReport(
        blobs=len(known),
        bytes=sum(blob["bytes"] for blob in census["blobs"]),
        losses=tuple(Loss(sha256, lost[sha256], used[sha256]) for sha256 in sorted(lost)),
        unknown=tuple(sorted(stored.keys() - known)),
        unused=sum(blob["unused_days"] is not None for blob in census["blobs"]),
    )


async def gc(studio: Calls, blobs: LocalBlobs, *, dry_run: bool = True) -> SweepReport:
    """Move what nothing has referred to for 7 days to the trash, and empty it of what lies there for 30 days.

    First the rows go, which their foreign keys refuse while anything refers to them; then the files that no
    row of any owner knows. Killed in between, the next sweep goes on. Raises `Conflict` while another runs.
    """
    if dry_run:
        census = await studio.call("private.blob_census_v1")
        known = {
            blob["sha256"]
            for blob in census["blobs"]
            if blob["unused_days"] is None or blob["unused_days"] <= UNUSED_DAYS
        }
    else:
        known = set((await studio.call("private.blob_sweep_v1", unused_days=UNUSED_DAYS))["known"])
    return await anyio.to_thread.run_sync(partial(_sweep, blobs, known, time.time(), dry_run=dry_run))


def _changed(path: Path) -> bool:
    try:
        return hash_of_file(path) != path.name
    except FileNotFoundError:
        return False  # swept meanwhile


def _sweep(blobs: LocalBlobs, known: set[str], now_s: float, *, dry_run: bool) -> SweepReport:
    trash = {path.name: path for path in sorted(blobs.trash.glob("*/*"))}
    old = [path for path in blobs.stored() if path.name not in known and _age_days(path, now_s) > UNUSED_DAYS]
    gone = [path for name, path in trash.items() if name not in known and _age_days(path, now_s) > TRASH_DAYS]
    back = [path for name, path in trash.items() if name in known and not blobs.place(name).exists()]
    report = SweepReport(
        dry_run, _names(old), sum(path.stat().st_size for path in old), _names(gone), _names(back)
    )
    if not dry_run:
        for path in back:
            _move(path, blobs.place(path.name))
        for path in gone:
            path.unlink()
        for path in old:
            _trash(path, blobs.trash / path.parent.name / path.name, now_s)
    return report


def _trash(path: Path, target: Path, now_s: float) -> None:
    _move(path, target)
    if _age_days(target, now_s) <= UNUSED_DAYS:  # somebody put it again just now, and counts on it
        _move(target, path)
    else:
        target.touch()  # its days in the trash begin


def _move(path: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.replace(target)


def _age_days(path: Path, now_s: float) -> float:
    return (now_s - path.stat().st_mtime) / _DAY_S


def _names(paths: Sequence[Path]) -> tuple[str, ...]:
    return tuple(path.name for path in paths)
