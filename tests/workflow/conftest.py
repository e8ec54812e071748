"""A studio whose two speakers sound as tones, on real Postgres, and whoever listens to how work goes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import pytest

from tests.fog import SCRIPT
from viraltracker.errors import Refused
from viraltracker.jobs import WorkerConfig
from viraltracker.settings import Settings
from viraltracker.speech import Speech, SpeechRequest
from viraltracker.speech.tone import ToneEngine
from viraltracker.store import Postgres
from viraltracker.studio import Stores, Studio
from viraltracker.takes import Session
from viraltracker.voices import EngineVoice
from viraltracker.workflow import Event, Order, Outcome, complete_audio_workflow, hands_for


class MoodyEngine(ToneEngine):
    """A tone engine that refuses some words, breaks off at others, and can be held amid a call."""

    def __init__(self) -> None:
        super().__init__(repeatable=False)
        self.unsaid: set[str] = set()
        self.broken_off: set[str] = set()
        self.begun = anyio.Event()
        self.gate = anyio.Event()
        self.gate.set()

    async def synthesize(self, request: SpeechRequest) -> Speech:
        self.begun.set()
        await self.gate.wait()
        if any(word in request.text for word in self.unsaid):
            raise Refused("Not this line.")
        if any(word in request.text for word in self.broken_off):
            request = replace(request, text=request.text[:5])
        return await super().synthesize(request)

    def hold(self) -> None:
        """Whoever calls from now on waits for the gate."""
        self.begun, self.gate = anyio.Event(), anyio.Event()


@dataclass
class Line:
    """The studio with its engine, and what was told of the work."""

    studio: Studio
    engine: MoodyEngine
    events: list[Event] = field(default_factory=list)

    async def make(self, order: Order) -> Outcome:
        """The whole line, listened to, with a job worker in this process where there is no other."""
        async with hands_for(self.studio) as hands:
            return await complete_audio_workflow(self.studio, order, self.events.append, hands)

    async def session(self, els: str = SCRIPT) -> Session:
        """A session of this script, nothing made."""
        saved = await self.studio.sessions.create(els, await self.studio.script_cast())
        return await self.studio.sessions.get(saved.session)

    def told(self, *kinds: type[object]) -> list[str]:
        """The words of all events of these kinds."""
        return [event.words for event in self.events if isinstance(event, kinds)]

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Inside, somebody else's job worker is alive."""
        stop = anyio.Event()
        async with anyio.create_task_group() as tasks:
            config = WorkerConfig("other", poll_s=0.1)
            tasks.start_soon(self.studio.run_worker, stop, "other", config)
            try:
                yield
            finally:
                stop.set()

    async def voice(self, character: str, voice: str) -> None:
        """The character speaks with that tone from now on."""
        member = await self.studio.cast.member(character)
        tone = replace(member.profile, engine="tone", voices={"tone": EngineVoice(voice)})
        await self.studio.cast.save(tone, member.version)

    async def mute(self, character: str) -> None:
        """The character has no voice any more."""
        member = await self.studio.cast.member(character)
        await self.studio.cast.save(replace(member.profile, voices={}), member.version)


@pytest.fixture
async def line(postgres: Postgres, data_folder: Path) -> AsyncIterator[Line]:
    """The studio of a test, its job workers none but the test's own."""
    engine = MoodyEngine()
    settings = Settings(data=data_folder)
    made = Line(Studio(settings, Stores.here(postgres, data_folder), {"tone": engine}), engine)
    await made.voice("fed", "bass")
    await made.voice("wojak", "alto")
    yield made
    await engine.aclose()
