"""What only a bucket has: owners, links that end, uploads in parts, and a service that may be away."""

import hashlib
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from tests.store.gateway import Gateway
from tests.store.project import hosted_project, project, project_gateway
from viraltracker.errors import Damaged, Denied, DiskFull, StoreDown, StoreError, StudioError
from viraltracker.store import BucketBlobs, LocalBlobs, Project

__all__ = ["hosted_project", "project", "project_gateway"]

AUDIO = b"fLaC" + bytes(range(256)) * 40
SHA = hashlib.sha256(AUDIO).hexdigest()
LONG = b"ID3" + bytes(15_000_000)


@pytest.fixture
def anna() -> UUID:
    return uuid4()


def machine(project: Project, owner: UUID, folder: Path) -> BucketBlobs:
    """The bucket as one machine sees it, which keeps what it used in a folder of its own."""
    return BucketBlobs(project, owner, LocalBlobs(folder))


async def test_another_machine_has_it_too_and_asks_once(
    hosted_project: Project, project_gateway: Gateway, anna: UUID, tmp_path: Path
) -> None:
    await machine(hosted_project, anna, tmp_path / "a").put(AUDIO)
    assert list(project_gateway.bucket.held) == [("viraltracker", f"{anna}/{SHA[:2]}/{SHA}.flac")]
    there = machine(hosted_project, anna, tmp_path / "b")
    for _ in range(3):
        assert (await there.file(SHA)).read_bytes() == AUDIO
        assert await there.get(SHA) == AUDIO
    assert [method for method, _ in project_gateway.bucket.requests] == ["POST", "POST", "GET"]


async def test_owners_do_not_meet(hosted_project: Project, anna: UUID, tmp_path: Path) -> None:
    await machine(hosted_project, anna, tmp_path / "a").put(AUDIO)
    bens = machine(hosted_project, uuid4(), tmp_path / "b")
    for ask in (bens.get, bens.file, bens.link):
        with pytest.raises(Damaged, match="missing in the bucket"):
            await ask(SHA)
    assert await bens.put(AUDIO) == SHA


async def test_what_comes_back_changed_is_damage_and_is_not_kept(
    hosted_project: Project, project_gateway: Gateway, anna: UUID, tmp_path: Path
) -> None:
    await machine(hosted_project, anna, tmp_path / "a").put(AUDIO)
    (name,) = project_gateway.bucket.held
    project_gateway.bucket.held[name] = AUDIO[:-1]
    there = machine(hosted_project, anna, tmp_path / "b")
    with pytest.raises(Damaged):
        await there.get(SHA)
    assert [path for path in tmp_path.joinpath("b").rglob("*") if path.is_file()] == []


async def test_a_link_opens_one_file_for_ten_minutes(
    hosted_project: Project, project_gateway: Gateway, anna: UUID, tmp_path: Path
) -> None:
    there = machine(hosted_project, anna, tmp_path)
    await there.put(AUDIO)
    link = await there.link(SHA)
    async with httpx.AsyncClient() as browser:
        assert (await browser.get(link)).content == AUDIO
        other = link.replace(SHA, "0" * 64)
        assert (await browser.get(other)).status_code == 400
        project_gateway.bucket.age_s = 601
        assert (await browser.get(link)).status_code == 400


@pytest.mark.parametrize("cuts", [0, 1, 2])
async def test_a_long_file_goes_on_where_it_was_cut_off(
    hosted_project: Project, project_gateway: Gateway, anna: UUID, tmp_path: Path, cuts: int
) -> None:
    project_gateway.bucket.cuts = cuts
    sha256 = await machine(hosted_project, anna, tmp_path / "a").put(LONG)
    assert project_gateway.bucket.held == {("viraltracker", f"{anna}/{sha256[:2]}/{sha256}.mp3"): LONG}
    assert await machine(hosted_project, anna, tmp_path / "b").get(sha256) == LONG
    before = len(project_gateway.bucket.requests)
    assert await machine(hosted_project, anna, tmp_path / "c").put(LONG) == sha256
    assert len(project_gateway.bucket.requests) == before + 1, "what is there is not sent again"


@pytest.mark.parametrize("late", [1, 2, 3])
async def test_a_part_that_comes_twice_loses_nothing(
    hosted_project: Project, project_gateway: Gateway, anna: UUID, tmp_path: Path, late: int
) -> None:
    project_gateway.bucket.late = late
    sha256 = await machine(hosted_project, anna, tmp_path).put(LONG)
    assert project_gateway.bucket.held == {("viraltracker", f"{anna}/{sha256[:2]}/{sha256}.mp3"): LONG}


async def test_an_upload_that_makes_no_progress_ends(
    hosted_project: Project, project_gateway: Gateway, anna: UUID, tmp_path: Path
) -> None:
    project_gateway.bucket.stuck = True
    with pytest.raises(StoreDown):
        await machine(hosted_project, anna, tmp_path).put(LONG)
    project_gateway.bucket.stuck = False
    sha256 = await machine(hosted_project, anna, tmp_path).put(LONG)
    assert project_gateway.bucket.held == {("viraltracker", f"{anna}/{sha256[:2]}/{sha256}.mp3"): LONG}


@pytest.mark.parametrize("elsewhere", ["https://127.0.0.1", "http://127.0.0.1:1", "http://example.test"])
async def test_an_upload_is_not_sent_to_another_place(
    hosted_project: Project, project_gateway: Gateway, anna: UUID, tmp_path: Path, elsewhere: str
) -> None:
    project_gateway.bucket.elsewhere = elsewhere
    with pytest.raises(StoreDown):
        await machine(hosted_project, anna, tmp_path).put(LONG)
    assert not project_gateway.bucket.held
    assert [method for method, _ in project_gateway.bucket.requests] == ["POST"]


async def test_a_long_file_is_given_up_when_nothing_gets_through(
    hosted_project: Project, project_gateway: Gateway, anna: UUID, tmp_path: Path
) -> None:
    project_gateway.bucket.cuts = 99
    with pytest.raises(StoreDown):
        await machine(hosted_project, anna, tmp_path).put(LONG)
    assert project_gateway.bucket.held == {}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((401, Denied), (403, Denied), (413, StoreError), (415, StoreError), (418, StoreError)),
        *((429, StoreDown), (500, StoreDown), (502, StoreDown), (507, DiskFull)),
    ],
)
async def test_a_refusal_is_told_in_our_words(
    hosted_project: Project,
    project_gateway: Gateway,
    anna: UUID,
    tmp_path: Path,
    status: int,
    kind: type[StudioError],
) -> None:
    project_gateway.faults = [(status, f"<html>{project_gateway.key}</html>")]
    with pytest.raises(StudioError) as caught:
        await machine(hosted_project, anna, tmp_path).put(AUDIO)
    assert type(caught.value) is kind
    assert project_gateway.key not in caught.value.message
    assert await machine(hosted_project, anna, tmp_path).put(AUDIO) == SHA


async def test_a_service_that_is_away_is_down(
    hosted_project: Project, project_gateway: Gateway, anna: UUID, tmp_path: Path
) -> None:
    there = machine(hosted_project, anna, tmp_path)
    project_gateway.__exit__(None, None, None)
    with pytest.raises(StoreDown):
        await there.put(AUDIO)
    project_gateway.__enter__()
