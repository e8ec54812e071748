"""A Supabase project between two machines: pages that know its HTTP alone, a worker with its database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.fog import SCRIPT
from tests.store.gateway import Gateway
from tests.store.project import project, project_gateway
from tests.workflow.conftest import Line, MoodyEngine
from viraltracker.errors import BadInput, SettingsRefused
from viraltracker.settings import Settings
from viraltracker.studio import LOCAL_USER, open_studio
from viraltracker.workflow import Order

__all__ = ["project", "project_gateway"]


@asynccontextmanager
async def machine(gateway: Gateway, data: Path, database: str | None = None) -> AsyncIterator[Line]:
    """A studio of the project, as its settings open it."""
    engine = MoodyEngine()
    settings = Settings(
        data=data,
        database_url=None if database is None else SecretStr(database),
        supabase_url=gateway.url,
        supabase_key=SecretStr(gateway.key),
        supabase_jwt_secret=SecretStr(gateway.secret),
    )
    async with open_studio(settings, {"tone": engine}) as studio:
        yield Line(studio, engine)


def kept(folder: Path) -> set[str]:
    """The hashes of the files that a machine keeps."""
    return {path.name for path in folder.joinpath("blobs").glob("*/*")}


async def test_an_episode_is_made_elsewhere_and_heard_here(
    project: str, project_gateway: Gateway, tmp_path: Path
) -> None:
    async with (
        machine(project_gateway, tmp_path / "pages") as pages,
        machine(project_gateway, tmp_path / "worker", project) as worker,
        worker.working(),
    ):
        await pages.voice("fed", "bass")
        await pages.voice("wojak", "alto")
        outcome = await pages.make(Order(SCRIPT))
        assert (outcome.takes, outcome.failures) == (2, ())
        assert outcome.export is not None
        assert outcome.export.facts is not None
        assert outcome.export.facts["integrated_lufs"] == pytest.approx(-19, abs=0.3)
        assert (pages.engine.calls, worker.engine.calls) == (0, 3)

        assert kept(tmp_path / "pages") == set(), "nothing is fetched before somebody wants it"
        episode = str(outcome.export.file_sha256)
        file = await pages.studio.audio_file(episode, str(LOCAL_USER))
        assert file.read_bytes() == await worker.studio.files.get(episode)
        assert kept(tmp_path / "pages") == {episode}
        owners = {name.partition("/")[0] for _, name in project_gateway.bucket.held}
        assert owners == {str(LOCAL_USER)}
        assert kept(tmp_path / "worker") == {name[-1] for name in named(project_gateway)}


def named(gateway: Gateway) -> list[tuple[str, ...]]:
    return [tuple(name.partition(".")[0].split("/")) for _, name in gateway.bucket.held]


async def test_without_a_worker_it_is_said_who_could_do_it(project_gateway: Gateway, tmp_path: Path) -> None:
    async with machine(project_gateway, tmp_path / "pages") as pages:
        await pages.voice("fed", "bass")
        await pages.voice("wojak", "alto")
        with pytest.raises(BadInput, match="Nobody works now"):
            await pages.make(Order(SCRIPT))
        with pytest.raises(BadInput, match="lies in Supabase's bucket"):
            pages.studio.stores.for_upkeep()


async def test_a_test_line_without_a_limit_is_heard(project_gateway: Gateway, tmp_path: Path) -> None:
    async with machine(project_gateway, tmp_path / "pages") as pages:
        await pages.voice("fed", "bass")
        member = await pages.studio.cast.member("fed")
        sha256, _ = await pages.studio.audition(member.profile, "Is anybody there?")
        assert (await pages.studio.files.get(sha256))[:4] == b"fLaC"


@pytest.mark.parametrize("missing", ["supabase_url", "supabase_key", "supabase_jwt_secret"])
async def test_half_a_project_is_refused(tmp_path: Path, missing: str) -> None:
    told = {
        "supabase_url": "https://example.supabase.co",
        "supabase_key": SecretStr("key"),
        "supabase_jwt_secret": SecretStr("secret"),
    }
    del told[missing]
    with pytest.raises(SettingsRefused, match=f"Not set: {missing.upper()}"):
        async with open_studio(Settings(data=tmp_path, **told)):  # type: ignore[arg-type]
            pass
