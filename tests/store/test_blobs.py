"""Files by hash: whole or not at all, kept once, refused by any other name."""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.errors import BadInput, Damaged, DiskFull, StoreError
from viraltracker.store import LocalBlobs

PAYLOAD = b"some audio" * 1000
SHA = hashlib.sha256(PAYLOAD).hexdigest()

LIMITED = """
import sys, resource, signal, anyio
from pathlib import Path
from viraltracker.errors import DiskFull
from viraltracker.store import LocalBlobs
blobs = LocalBlobs(Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    anyio.run(blobs.put, b"x" * 200_000)
except DiskFull as error:
    print(error)
"""


@pytest.fixture
def blobs(tmp_path: Path) -> LocalBlobs:
    """An empty place for files."""
    return LocalBlobs(tmp_path)


def everything(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_what_was_put_is_there_under_its_hash(blobs: LocalBlobs, tmp_path: Path) -> None:
    assert await blobs.put(PAYLOAD) == SHA
    assert await blobs.get(SHA) == PAYLOAD
    assert blobs.path(SHA) == tmp_path / "blobs" / SHA[:2] / SHA
    assert blobs.path(SHA).stat().st_mode & 0o777 == 0o600
    with blobs.open(SHA) as file:
        assert file.read() == PAYLOAD
    assert list(blobs.stored()) == [blobs.path(SHA)]


async def test_the_same_bytes_are_kept_once(blobs: LocalBlobs, tmp_path: Path) -> None:
    await blobs.put(PAYLOAD)
    first = blobs.path(SHA).stat().st_ino
    (tmp_path / "in.wav").write_bytes(PAYLOAD)
    assert await blobs.put_file(tmp_path / "in.wav") == SHA
    assert await blobs.put(PAYLOAD) == SHA
    assert blobs.path(SHA).stat().st_ino == first
    assert everything(tmp_path / "blobs") == [blobs.path(SHA)]


async def test_an_empty_file_is_a_file(blobs: LocalBlobs, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    sha256 = await blobs.put_file(tmp_path / "empty")
    assert await blobs.get(sha256) == b""


@given(
    name=st.text() | st.sampled_from(["../" * 8 + "etc/passwd", "A" * 64, SHA + "\n", SHA + "/..", "\0" * 64])
)
def test_what_is_no_hash_is_refused(tmp_path: Path, name: str) -> None:
    blobs = LocalBlobs(tmp_path)
    with pytest.raises(BadInput):
        blobs.path(name)
    with pytest.raises(BadInput):
        blobs.open(name)


async def test_a_missing_file_is_damage(blobs: LocalBlobs) -> None:
    with pytest.raises(Damaged, match="is missing"):
        blobs.path(SHA)
    with pytest.raises(Damaged, match="is missing") as caught:
        await blobs.get(SHA)
    assert caught.value.facts == {"sha256": SHA}


@pytest.mark.parametrize("changed", [PAYLOAD[:-1], PAYLOAD[:-1] + b"!", b""])
async def test_a_changed_file_is_damage_and_putting_it_again_heals(blobs: LocalBlobs, changed: bytes) -> None:
    await blobs.put(PAYLOAD)
    blobs.path(SHA).write_bytes(changed)
    with pytest.raises(Damaged, match="has changed"):
        await blobs.get(SHA)
    await blobs.put(PAYLOAD)
    assert await blobs.get(SHA) == PAYLOAD


async def test_putting_again_makes_a_file_young(blobs: LocalBlobs) -> None:
    await blobs.put(PAYLOAD)
    os.utime(blobs.path(SHA), (1, 1))
    await blobs.put(PAYLOAD)
    assert time.time() - blobs.path(SHA).stat().st_mtime < 60


async def test_crashed_writers_leftovers_are_swept_and_living_ones_are_not(tmp_path: Path) -> None:
    folder = tmp_path / "blobs" / "ab"
    folder.mkdir(parents=True)
    for name in ("tmp-old", "tmp-young"):
        (folder / name).write_bytes(b"half")
    os.utime(folder / "tmp-old", (1, 1))
    blobs = LocalBlobs(tmp_path)
    assert everything(folder) == [folder / "tmp-young"]
    assert list(blobs.stored()) == []


async def test_a_file_that_changes_while_it_is_copied_is_not_kept(blobs: LocalBlobs, tmp_path: Path) -> None:
    with pytest.raises(Damaged, match="changed while"):
        blobs.keep(SHA, [PAYLOAD[:-1]], len(PAYLOAD))
    assert everything(tmp_path) == []


async def test_a_place_taken_away_is_said_plainly(blobs: LocalBlobs, tmp_path: Path) -> None:
    (tmp_path / "blobs").rmdir()
    (tmp_path / "blobs").touch()
    with pytest.raises(StoreError, match="can't use"):
        await blobs.put(PAYLOAD)


async def test_a_file_that_cannot_be_read_is_damage(blobs: LocalBlobs) -> None:
    blobs.place(SHA).mkdir(parents=True)
    with pytest.raises(Damaged, match="can't be read"):
        await blobs.get(SHA)


async def test_more_than_the_disk_holds_is_refused_before_a_byte_is_written(tmp_path: Path) -> None:
    blobs = LocalBlobs(tmp_path)
    with pytest.raises(DiskFull, match="Free some space"):
        blobs.keep(SHA, [PAYLOAD], 1 << 60)
    assert everything(tmp_path) == []


@pytest.mark.faults
def test_a_disk_that_fills_up_while_writing_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LIMITED, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "is full" in said
    assert everything(tmp_path) == []
