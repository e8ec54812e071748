"""A whole studio on real Postgres, its job worker in this process, and lines that voice workers speak."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio
import psycopg
import pytest
from pydantic import SecretStr

from tests.faults.conftest import script
from viraltracker.jobs import WorkerConfig
from viraltracker.settings import Settings
from viraltracker.studio import Studio, open_studio
from viraltracker.takes import Session
from viraltracker.voices import EngineVoice

__all__ = ["House", "housing"]

PATIENT = (0.1,) * 300


@dataclass
class House:
    """A studio and its database, as a superuser sees it."""

    studio: Studio
    rows: Callable[[str], list[tuple[Any, ...]]]

    async def asked(self, beats: int, voice: EngineVoice, about: str = "storm") -> Session:
        """A session whose every beat is asked for, spoken by voice workers."""
        member = await self.studio.cast.member("fed")
        profile = replace(member.profile, engine="worker", voices={"worker": voice})
        await self.studio.cast.save(profile, member.version)
        saved = await self.studio.sessions.create(
            script(beats).replace("storm", about), await self.studio.script_cast()
        )
        return await self.again(await self.studio.sessions.get(saved.session))

    async def again(self, session: Session) -> Session:
        """Generate what is missing."""
        await (await self.studio.generate()).fill(session)
        return await self.studio.sessions.get(session.id)

    def count(self, status: str) -> int:
        """How many takes are in that state."""
        return sum(found == status for (found,) in self.rows("select status from takes"))

    def facts(self) -> list[dict[str, Any]]:
        """What is known of every line that was spoken."""
        return [facts for (facts,) in self.rows("select facts from generations where status = 'done'")]

    @asynccontextmanager
    async def working(self, backoff_s: tuple[float, ...] = PATIENT) -> AsyncIterator[None]:
        """Inside, a job worker is at it."""
        stop = anyio.Event()
        config = WorkerConfig("here", poll_s=0.05, backoff_s=backoff_s)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.studio.run_worker, stop, "here", config)
            try:
                yield
            finally:
                stop.set()


@pytest.fixture
async def housing(admin_url: str, data_folder: Path) -> AsyncIterator[Callable[..., Any]]:
    """Opens a studio with these settings."""
    async with AsyncExitStack() as stack:

        async def opened(**more: Any) -> House:
            settings = Settings(data=data_folder, database_url=SecretStr(admin_url), **more)
            connection = stack.enter_context(psycopg.connect(admin_url, autocommit=True))
            studio = await stack.enter_async_context(open_studio(settings))
            return House(studio, lambda statement: connection.execute(statement.encode()).fetchall())

        yield opened
