"""What files by their hash promise, in a folder of this machine and in a bucket."""

import hashlib
from pathlib import Path
from uuid import UUID

import pytest

from viraltracker.errors import BadInput, Damaged
from viraltracker.store import BucketBlobs, LocalBlobs, Project

AUDIO = b"fLaC" + bytes(range(256)) * 40
SHA = hashlib.sha256(AUDIO).hexdigest()
Files = LocalBlobs | BucketBlobs


@pytest.fixture(params=["folder", "bucket"])
def files(request: pytest.FixtureRequest, tmp_path: Path, owner: UUID) -> Files:
    """A place for one owner's files."""
    local = LocalBlobs(tmp_path / "data")
    if request.param == "folder":
        return local
    hosted: Project = request.getfixturevalue("hosted_project")
    return BucketBlobs(hosted, owner, local)


async def test_what_was_put_is_there_under_its_hash(files: Files) -> None:
    assert await files.put(AUDIO) == SHA
    assert await files.get(SHA) == AUDIO
    place = await files.file(SHA)
    assert place.read_bytes() == AUDIO
    assert place.stat().st_mode & 0o777 == 0o600


async def test_the_same_bytes_cost_nothing(files: Files, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(AUDIO)
    assert {await files.put(AUDIO), await files.put_file(tmp_path / "in"), await files.put(AUDIO)} == {SHA}
    assert await files.get(SHA) == AUDIO


@pytest.mark.parametrize(
    "payload", [b"", b"RIFF\x00\x00\x00\x00WAVE", b"ID3", b"PK\x03\x04", b"OggS", b"who knows"]
)
async def test_any_bytes_are_kept_as_they_are(files: Files, payload: bytes) -> None:
    assert await files.get(await files.put(payload)) == payload


async def test_a_missing_file_is_damage(files: Files) -> None:
    with pytest.raises(Damaged, match="is missing") as caught:
        await files.get(SHA)
    assert caught.value.facts == {"sha256": SHA}
    with pytest.raises(Damaged, match="is missing"):
        await files.file(SHA)


@pytest.mark.parametrize("name", ["", "x", "../" * 8 + "etc/passwd", "A" * 64, SHA + "\n", f"{SHA}/.."])
async def test_what_is_no_hash_is_refused(files: Files, name: str) -> None:
    with pytest.raises(BadInput):
        await files.file(name)
    with pytest.raises(BadInput):
        await files.get(name)


async def test_room_is_asked_for_before_work_starts(files: Files) -> None:
    files.room_for(1)
