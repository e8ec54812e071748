"""A whole studio before a paid provider: job workers as processes, and the books of both sides."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from pydantic import SecretStr

from tests.jobs.conftest import until
from tests.postgres import short_folder
from tests.speech.elevenlabs_server import ElevenLabsServer
from viraltracker.settings import Settings
from viraltracker.studio import Studio, open_studio
from viraltracker.takes import Session

ROOT = Path(__file__).parents[2]
CANARY = "sk_canary_7f3a9c51e2b84d06"
LIMIT = 5
PLACES = 8


def script(beats: int) -> str:
    """A script of so many beats, no two lines alike."""
    head = "[META]\nvideo_title: Storm\nproject: faults\ndefault_character: fed\n\n"
    return head + "".join(
        f"[BEAT: {n:02d}_beat]\nname: Beat {n}\n---\nThis is line number {n} of the storm.\n[END_BEAT]\n\n"
        for n in range(1, beats + 1)
    )


@dataclass
class Plant:
    """The studio, its database as a superuser sees it, the provider, and the job workers."""

    studio: Studio
    rows: Callable[[str], list[tuple[Any, ...]]]
    provider: ElevenLabsServer
    environment: dict[str, str]
    log: Path
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> subprocess.Popen[bytes]:
        """One more job worker."""
        command = [sys.executable, "-m", "viraltracker.cli", "worker", "--queues", "cloud,cpu"]
        with self.log.open("ab") as log:
            worker = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        self.workers.append(worker)
        return worker

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """End it as a power cut would."""
        worker.kill()
        worker.wait()

    async def asked(self, beats: int) -> Session:
        """A session whose every beat is asked for."""
        member = await self.studio.cast.member("fed")
        self.provider.voices[member.profile.voices["elevenlabs"].voice] = "Fed"
        await self.studio.cast.switch_engine("fed", "elevenlabs")
        saved = await self.studio.sessions.create(script(beats), await self.studio.script_cast())
        session = await self.studio.sessions.get(saved.session)
        await (await self.studio.generate()).fill(session)
        return session

    def count(self, *states: str) -> int:
        """How many takes are in one of these states."""
        return sum(state in states for (state,) in self.rows("select status from takes"))

    def held(self, worker: subprocess.Popen[bytes]) -> set[str]:
        """The takes whose jobs this worker has in hand."""
        jobs = self.rows(
            "select w.pid, j.args ->> 'take_id' from procrastinate.procrastinate_jobs j "
            "join private.workers w on j.worker_id = any (w.queue_workers) where j.status = 'doing'"
        )
        return {take for pid, take in jobs if pid == worker.pid}

    def made(self) -> set[str]:
        """The takes that are done."""
        return {take for (take,) in self.rows("select id::text from takes where status = 'done'")}

    def now(self) -> datetime:
        """By the database's clock."""
        ((now,),) = self.rows("select clock_timestamp()")
        return now

    def time_passes(self) -> None:
        """For intents that nobody holds any more the time is over in which their answer could come."""
        self.rows(
            "update generations g set intent_until = now() where status = 'intent' and not exists "
            "(select from takes t where t.claim = g.claim and t.status = 'generating') returning 1"
        )

    async def charged(self, calls: int) -> None:
        """Until the provider has charged for so many."""

        def enough() -> bool:
            self.time_passes()
            return len(self.provider.made) >= calls

        await until(enough)

    async def settled(self) -> None:
        """Until no take is under way, however long, as long as there is progress."""
        while left := self.count("queued", "generating"):

            def fewer(left: int = left) -> bool:
                self.time_passes()
                return self.count("queued", "generating") < left

            try:
                await until(fewer)
            except TimeoutError:
                takes = self.rows("select status, claim, started_at from takes where status <> 'done'")
                pytest.fail(f"No progress: {takes}\n{self.log.read_text()}")

    async def quiet(self) -> None:
        """Until the provider has answered everybody; then dead workers' slots have run out."""
        await until(lambda: self.provider.under_way == 0)
        self.rows("update private.slots set expires_at = now() returning 1")

    async def proves_itself(self, session: UUID, charges: int) -> None:
        """The books: every line charged once, the ledger as the provider's, every file what its row says."""
        made = self.provider.made
        assert len(made) == charges
        assert set(Counter(one.text for one in made).values()) == {1}
        assert self.provider.most_at_once <= LIMIT
        ((spent,),) = self.rows("select sum(characters) from ledger where kind = 'actual'")
        assert spent == sum(one.characters for one in made)
        for (sha256,) in self.rows(
            "select audio_sha256 from takes where status = 'done' "
            "union select payload_sha256 from generations"
        ):
            assert hashlib.sha256(self.studio.stores.folder.path(sha256).read_bytes()).hexdigest() == sha256
        takes = [take for beat in (await self.studio.sessions.get(session)).beats for take in beat.takes]
        assert all(take.audio_sha256 for take in takes if take.status == "done")

    def keeps_its_secret(self) -> None:
        """The key is in no row and in no line of a log."""
        assert CANARY not in self.log.read_text()
        for schema, table in self.rows(
            "select table_schema, table_name from information_schema.tables "
            "where table_type = 'BASE TABLE' and table_schema in ('public', 'private', 'procrastinate')"
        ):
            kept = self.rows(f"select t::text from {schema}.{table} t")  # noqa: S608
            assert CANARY not in str(kept), f"the key is in {schema}.{table}"


@pytest.fixture
def provider() -> Iterator[ElevenLabsServer]:
    with ElevenLabsServer(key=CANARY, delay_s=0.05, concurrency_limit=LIMIT) as serving:
        yield serving


def environment(provider: ElevenLabsServer, folder: Path, **more: str) -> dict[str, str]:
    """What a job worker is told."""
    return {
        **os.environ,
        "VIRALTRACKER_DATA": str(folder),
        "ELEVENLABS_API_KEY": CANARY,
        "VIRALTRACKER_ELEVENLABS_BASE_URL": provider.base_url,
        "VIRALTRACKER_ELEVENLABS_CONCURRENCY": str(LIMIT),
        "VIRALTRACKER_WORKER_CONCURRENCY": str(PLACES),
        **more,
    }


def settings(provider: ElevenLabsServer, folder: Path, **more: Any) -> Settings:
    """The same for the studio in this process."""
    return Settings(
        data=folder,
        elevenlabs_api_key=SecretStr(CANARY),
        elevenlabs_base_url=provider.base_url,
        elevenlabs_concurrency=LIMIT,
        **more,
    )


@pytest.fixture
async def plant(provider: ElevenLabsServer, data_folder: Path, admin_url: str) -> AsyncIterator[Plant]:
    """A studio on the test's database. At the end its workers end, and its secret was kept."""
    told = environment(provider, data_folder, DATABASE_URL=admin_url)
    with psycopg.connect(admin_url, autocommit=True) as connection:

        def rows(statement: str) -> list[tuple[Any, ...]]:
            return connection.execute(statement.encode()).fetchall()

        known = settings(provider, data_folder, database_url=SecretStr(admin_url))
        async with open_studio(known) as studio:
            made = Plant(studio, rows, provider, told, data_folder / "workers.log")
            yield made
            ended(made)
            made.keeps_its_secret()


def ended(plant: Plant) -> None:
    """No worker outlives its test."""
    plant.provider.gate.set()
    for worker in plant.workers:
        worker.terminate()
    for worker in plant.workers:
        worker.wait(20)


@pytest.fixture
def own_folder() -> Iterator[Path]:
    """A data folder with a database of its own, which may be killed."""
    import shutil

    folder = short_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
