"""A production to work on: a cast on the tone engine, a session of three beats, and a producer's ports."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.fog import SCRIPT
from tests.store.both import gateway, other_store, rows, store
from viraltracker.script import Cast
from viraltracker.speech import Synthesizer
from viraltracker.speech.tone import ToneEngine
from viraltracker.store import Actor, LocalBlobs
from viraltracker.takes import Choose, Generate, Planner, Producer, Requested, Revision, Session, Sessions
from viraltracker.voices import EngineVoice, VoiceProfile

__all__ = ["gateway", "other_store", "rows", "store"]

CAST = Cast(ids=("fed", "wojak"), names={"fed": "fed", "wojak": "wojak"}, default="fed")


def profile(character: str, voice: str, **settings: float) -> VoiceProfile:
    """A character's voice on the tone engine."""
    return VoiceProfile(character, "tone", {"tone": EngineVoice(voice)}, **settings)  # type: ignore[arg-type]


class OpenSlots:
    """No provider's limit: every caller gets in at once."""

    def hold(self, provider: str, limit: int | None, ttl_s: float) -> AbstractAsyncContextManager[None]:
        return nullcontext()


@dataclass
class Stage:
    """One owner's studio without a queue: jobs are run by hand."""

    records: Actor
    blobs: LocalBlobs
    engine: ToneEngine
    admin_url: str
    profiles: dict[str, VoiceProfile] = field(
        default_factory=lambda: {"fed": profile("fed", "bass"), "wojak": profile("wojak", "alto")}
    )

    @property
    def engines(self) -> Mapping[str, Synthesizer]:
        return {"tone": self.engine}

    @property
    def planner(self) -> Planner:
        return Planner(self.profiles, self.engines)

    @property
    def sessions(self) -> Sessions:
        return Sessions(self.records)

    @property
    def generate(self) -> Generate:
        return Generate(self.records, self.planner)

    @property
    def choose(self) -> Choose:
        return Choose(self.records)

    @property
    def producer(self) -> Producer:
        async def at_once(_: float) -> None:
            return None

        return Producer(self.engines, self.blobs, OpenSlots(), at_once)

    async def session(self, els: str = SCRIPT) -> Session:
        saved = await self.sessions.create(els, CAST)
        return await self.sessions.get(saved.session)

    async def make(self, asked: Requested) -> None:
        for take in asked.takes:
            await self.producer.make_take(self.records, take, uuid4())

    async def filled(self, els: str = SCRIPT, pick: bool = False) -> Session:
        session = await self.session(els)
        await self.make(await self.generate.fill(session, pick))
        return await self.sessions.get(session.id)

    async def age_intents(self) -> None:
        """The time in which a provider's answer could still come has passed."""
        async with await psycopg.AsyncConnection.connect(self.admin_url, autocommit=True) as connection:
            await connection.execute("update generations set intent_until = now() - interval '1 s'")

    async def reopen_intent(self, key: str) -> None:
        """A worker died in its call for `key`, long ago."""
        async with await psycopg.AsyncConnection.connect(self.admin_url, autocommit=True) as connection:
            await connection.execute(
                "update generations set status = 'intent', claim = gen_random_uuid(), "
                "intent_at = now() - interval '1 h', intent_until = now() - interval '1 s' where key = %s",
                (key,),
            )

    async def undo_start(self, take: UUID) -> None:
        """The database crashed, and forgot that a worker had begun with the take."""
        async with await psycopg.AsyncConnection.connect(self.admin_url, autocommit=True) as connection:
            await connection.execute(
                "update takes set status = 'queued', claim = null, lease_until = null where id = %s", (take,)
            )

    async def another(self, session: UUID, beat_id: str, revision: Revision) -> Session:
        held = await self.sessions.get(session)
        await self.make(await self.generate.revise(held, beat_id, revision, None))
        return await self.sessions.get(session)


@pytest.fixture
def stage(store: Actor, data_folder: Path, admin_url: str) -> Stage:
    return Stage(store, LocalBlobs(data_folder / "blobs"), ToneEngine(repeatable=False), admin_url)
