"""Audio into a bucket and back: all of it, proven, and not twice."""

import shutil
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tests.store.gateway import Gateway
from tests.store.project import hosted_project, project, project_gateway
from viraltracker.errors import StoreDown
from viraltracker.store import Actor, BucketBlobs, CopyReport, Hosted, LocalBlobs, Project, copy_files

__all__ = ["hosted_project", "project", "project_gateway"]

FILES = [b"fLaC" + bytes([number]) * 1000 for number in range(5)]


@pytest.fixture
def owner() -> UUID:
    """Whose files they are."""
    return uuid4()


@pytest.fixture
def rows(hosted_project: Project, owner: UUID) -> Actor:
    """The owner's rows."""
    return Hosted(hosted_project).acting_for(owner)


async def kept(rows: Actor, folder: LocalBlobs) -> list[str]:
    """Files as a studio without a bucket has them."""
    hashes = [await folder.put(payload) for payload in FILES]
    for sha256, payload in zip(hashes, FILES, strict=True):
        await rows.call("studio_blob_put_v1", sha256=sha256, bytes=len(payload), media_type="audio/flac")
    return sorted(hashes)


async def test_all_of_it_goes_and_comes_back(
    hosted_project: Project, project_gateway: Gateway, rows: Actor, owner: UUID, tmp_path: Path
) -> None:
    folder = LocalBlobs(tmp_path)
    hashes = await kept(rows, folder)
    heard: list[CopyReport] = []
    files = BucketBlobs(hosted_project, owner, folder)
    assert await copy_files(rows, files, "bucket", heard.append) == CopyReport(5, 0, 5020)
    assert [report.copied for report in heard] == [1, 2, 3, 4, 5]
    assert await copy_files(rows, files, "bucket", heard.append) == CopyReport(0, 5, 0)
    assert sorted(project_gateway.bucket.held.values()) == sorted(FILES)

    shutil.rmtree(tmp_path / "blobs" / hashes[0][:2])
    folder.place(hashes[1]).write_bytes(b"changed")
    assert (await copy_files(rows, files, "folder", heard.append)).copied >= 2
    assert sorted([await folder.get(sha256) for sha256 in hashes]) == sorted(FILES)
    assert await copy_files(rows, files, "folder", heard.append) == CopyReport(0, 5, 0)


async def test_what_cannot_be_had_is_named_and_the_rest_goes(
    hosted_project: Project, project_gateway: Gateway, rows: Actor, owner: UUID, tmp_path: Path
) -> None:
    folder = LocalBlobs(tmp_path)
    missing, changed, *_ = await kept(rows, folder)
    folder.place(missing).unlink()
    folder.place(changed).write_bytes(b"changed")
    report = await copy_files(rows, BucketBlobs(hosted_project, owner, folder), "bucket", lambda _: None)
    assert (report.copied, report.lost) == (3, (missing, changed))
    assert all(payload in FILES for payload in project_gateway.bucket.held.values())


async def test_a_copy_that_was_broken_off_goes_on(
    hosted_project: Project, project_gateway: Gateway, rows: Actor, owner: UUID, tmp_path: Path
) -> None:
    folder = LocalBlobs(tmp_path)
    await kept(rows, folder)
    files = BucketBlobs(hosted_project, owner, folder)

    def break_off(report: CopyReport) -> None:
        if report.copied == 2:
            project_gateway.faults = [(503, "away")]

    with pytest.raises(StoreDown):
        await copy_files(rows, files, "bucket", break_off)
    assert len(project_gateway.bucket.held) == 2
    assert await copy_files(rows, files, "bucket", lambda _: None) == CopyReport(3, 2, 3012)
