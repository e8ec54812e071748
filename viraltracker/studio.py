"""The composition root: the only module that knows every concrete class.

`open_studio` makes one `Studio` per process; pages, commands and the job worker get everything from it.
"""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import anyio.to_thread

from viraltracker.episode import ExportMaker, Exports
from viraltracker.errors import BadInput, NotFound, StudioError
from viraltracker.jobs import (
    QUEUE_SCHEMA,
    Job,
    LeasedSlots,
    WorkerConfig,
    queue_schema_sql,
    queue_schema_version,
    run_worker,
)
from viraltracker.script import Beat, Cast, Segment
from viraltracker.settings import Settings, resource
from viraltracker.speech import Synthesizer
from viraltracker.speech.elevenlabs import ElevenLabsEngine
from viraltracker.speech.espeak import EspeakEngine
from viraltracker.speech.openai import OpenAiEngine
from viraltracker.speech.worker import Access, Fleet, Links, Said, WorkerEngine, finder_over
from viraltracker.store import EmbeddedPostgres, LocalBlobs, Postgres, Vendor, migrate
from viraltracker.takes import (
    CastBook,
    Choose,
    Generate,
    Member,
    Overview,
    Planner,
    Producer,
    Records,
    Session,
    SessionPage,
    Sessions,
    SessionStanding,
    Shelf,
    as_script_cast,
    session_standing,
)
from viraltracker.voices import VoiceProfile

__all__ = [
    "LOCAL_USER",
    "Activity",
    "Database",
    "Desk",
    "Parcel",
    "Studio",
    "make_engines",
    "open_database",
    "open_studio",
    "vendors",
    "voice_workers",
]

LOCAL_USER = UUID("00000000-0000-7000-8000-000000000001")
"""The one user of a studio without login."""
# After this long a thread that calculates lets the others go on. At Python's own 5 ms an answer of the
# database may wait so long behind a take that is being measured: some runs gained 3 ms a take, some none.
_HAND_OVER_S = 0.0005


@dataclass(frozen=True, slots=True)
class Desk:
    """One session as its pages see it: the facts, how its beats stand, and what would be made now."""

    session: Session
    standing: SessionStanding
    planner: Planner
    members: tuple[Member, ...]
    workers_live: bool


@dataclass(frozen=True, slots=True)
class Activity:
    """What is under way and what lately was, newest first; and the job workers that are alive."""

    under_way: int
    work: tuple[Mapping[str, Any], ...]
    workers: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Parcel:
    """A file that a producer takes away, and what it shall be called there."""

    path: Path
    filename: str


class Studio:
    """Every use case of one owner, over one database, one blob store and one set of engines."""

    def __init__(
        self,
        settings: Settings,
        postgres: Postgres,
        blobs: LocalBlobs,
        engines: Mapping[str, Synthesizer],
    ) -> None:
        self.settings = settings
        self.postgres = postgres
        self.blobs = blobs
        self.engines = engines
        self.owner = LOCAL_USER
        records: Records = postgres.acting_for(self.owner)
        self.records = records
        self.cast = CastBook(records)
        self.sessions = Sessions(records)
        self._overview = Overview(records)
        self.choose = Choose(records)
        self.exports = Exports(records)
        self._planned = Planner({}, engines)
        self._tester = Producer(engines, blobs, LeasedSlots(postgres.acting_as_worker(), postgres))

    async def script_cast(self) -> Cast:
        """The stored cast as the parser needs it."""
        return as_script_cast(await self.cast.members())

    async def planner(self) -> Planner:
        """Plans with the profiles of this moment."""
        return self._planner(await self.cast.members())

    async def generate(self) -> Generate:
        """Asks for takes with the profiles of this moment."""
        return Generate(self.records, await self.planner())

    def asking(self, desk: Desk) -> Generate:
        """Asks for takes with the profiles that `desk` was read with."""
        return Generate(self.records, desk.planner)

    async def overview(self, shelf: Shelf, search: str, past: int) -> tuple[SessionPage, bool]:
        """A page of the sessions on a shelf, and whether a job worker is alive."""
        live = bool(await self.workers())
        return await self._overview.page(await self.planner(), live, shelf, search, past), live

    async def desk(self, session: UUID) -> Desk:
        """A session with everything its pages draw."""
        members = await self.cast.members()
        held = await self.sessions.get(session)
        planner = self._planner(members)
        live = bool(await self.workers())
        return Desk(held, session_standing(held, planner, live), planner, members, live)

    def _planner(self, members: tuple[Member, ...]) -> Planner:
        """The planner of before where nobody's profile has changed: it remembers its plans."""
        profiles = {member.character.id: member.profile for member in members}
        if profiles != self._planned.profiles:
            self._planned = Planner(profiles, self.engines)
        return self._planned

    async def audition(self, profile: VoiceProfile, line: str) -> tuple[str, int]:
        """Speak a test line as `profile` would: the audio's hash and milliseconds. Raises `SpeechError`s.

        A direct answer to a click, so it is no job; what it buys is kept and reused like any generation.
        """
        planner = Planner({profile.character: profile}, self.engines)
        words = " ".join(line.split())
        if not words:
            raise BadInput("There is no line to speak. Type one.")
        beat = Beat("test", 1, "Test line", (Segment(profile.character, words),))
        return await self._tester.audition(self.records, planner.plan(beat))

    @property
    def fleet(self) -> Fleet:
        """The voice workers. Raises `NotFound` where the studio has no engine for them."""
        engine = self.engines.get("worker")
        if not isinstance(engine, WorkerEngine):
            raise NotFound("This studio knows no voice workers.")
        return Fleet(engine)

    async def try_worker(self, model: str, line: str, worker: str = "") -> tuple[str, Said]:
        """Speak a test line with a worker's model: the audio's hash, and what is known of it. See `Fleet`."""
        said = await self.fleet.say(model, line, worker)
        return await self._tester.shelve(self.records, said.speech.clip), said

    async def audio_file(self, sha256: str, user: str) -> Path:
        """The audio with that hash, for `user`'s player. Raises `NotFound`, `Damaged`."""
        await self._owned(sha256, user)
        return self.blobs.path(sha256)

    async def download(self, thing: str, user: str) -> Parcel:
        """A finished export's file by the export's id. Raises `NotFound`."""
        if user != str(self.owner):
            raise NotFound("There is no such file here.")
        export = await self.exports.get(UUID(thing))
        if export.file_sha256 is None:
            raise NotFound("This export has no file. Make it again on the Episode page.")
        return Parcel(self.blobs.path(export.file_sha256), export.filename)

    async def _owned(self, sha256: str, user: str) -> None:
        if user != str(self.owner) or not await self.records.call("studio_blob_owned_v1", sha256=sha256):
            raise NotFound("There is no such audio here.")

    async def workers(self) -> tuple[Mapping[str, Any], ...]:
        """The job workers that are alive."""
        return tuple(await self.records.call("private.worker_list_v1"))

    async def activity(self, most: int = 100) -> Activity:
        """What is going on over all sessions."""
        facts = await self.records.call("studio_activity_v1", most=most)
        return Activity(facts["under_way"], tuple(facts["work"]), tuple(facts["workers"]))

    async def run_worker(self, stop: anyio.Event, name: str, config: WorkerConfig | None = None) -> None:
        """Be a job worker until `stop` is set."""
        sys.setswitchinterval(_HAND_OVER_S)
        async with LeasedSlots(self.postgres.acting_as_worker(), self.postgres) as slots:
            await run_worker(config or WorkerConfig(name=name), _Work(self, slots), self.postgres, stop)


class _Work:
    """What jobs do, under the claims of the job's owner."""

    def __init__(self, studio: Studio, slots: LeasedSlots) -> None:
        self._postgres = studio.postgres
        self._producer = Producer(studio.engines, studio.blobs, slots)
        self._exports = ExportMaker(studio.blobs, studio.settings.data / "work", studio.settings.ffmpeg)

    async def make_take(self, owner: UUID, take_id: UUID, claim: UUID) -> None:
        """Make the take, judge it, keep it."""
        await self._producer.make_take(self._postgres.acting_for(owner), take_id, claim)

    async def make_export(self, owner: UUID, export_id: UUID, claim: UUID) -> None:
        """Make the export's file."""
        await self._exports.make(self._postgres.acting_for(owner), export_id, claim)

    async def give_up(self, job: Job, claim: UUID, error: StudioError) -> None:
        """Write the failure down; settled work stays as it is."""
        records = self._postgres.acting_for(job.owner)
        maker = self._producer if job.task == "take.make" else self._exports
        await maker.give_up(records, job.subject, claim, error)


@dataclass(frozen=True, slots=True)
class Database:
    """Where the rows are: the address that may migrate, the one for all the rest, and what brings it back."""

    admin_dsn: str
    dsn: str
    revive: Callable[[], Awaitable[None]] | None = None


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database as it is, not migrated; the embedded one is up until the block ends."""
    if settings.database_url is not None:
        address = settings.database_url.get_secret_value()
        yield Database(address, address)
        return
    server = await anyio.to_thread.run_sync(EmbeddedPostgres.start, settings.data)
    try:
        revive = partial(anyio.to_thread.run_sync, server.ensure_running)
        yield Database(server.admin_dsn, server.dsn, revive)
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(server.stop)


@asynccontextmanager
async def open_studio(
    settings: Settings, engines: Mapping[str, Synthesizer] | None = None
) -> AsyncIterator[Studio]:
    """The studio, its database up and migrated, until the block ends. `engines` replaces the usual ones."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(settings))
        await anyio.to_thread.run_sync(migrate, database.admin_dsn, resource("sql"), vendors())
        postgres = Postgres(database.dsn, revive=database.revive)
        await stack.enter_async_context(postgres)
        speaking = dict(engines) if engines is not None else make_engines(settings)
        for engine in speaking.values():
            stack.push_async_callback(engine.aclose)
        yield Studio(settings, postgres, LocalBlobs(settings.data), speaking)


def vendors() -> tuple[Vendor, ...]:
    """Libraries' own tables that live beside ours."""
    return (Vendor(QUEUE_SCHEMA, queue_schema_version(), queue_schema_sql()),)


def make_engines(settings: Settings) -> dict[str, Synthesizer]:
    """The engines of a studio by name; whoever makes them closes them. A speech server counts where set."""
    engines: dict[str, Synthesizer] = {
        "espeak": EspeakEngine(),
        "elevenlabs": ElevenLabsEngine(
            settings.elevenlabs_api_key,
            base_url=settings.elevenlabs_base_url,
            concurrency=settings.elevenlabs_concurrency,
        ),
        "worker": _worker_engine(settings),
    }
    if settings.speech_url is not None:
        engines["openai"] = OpenAiEngine(settings.speech_url, settings.speech_key)
    return engines


@asynccontextmanager
async def voice_workers(settings: Settings) -> AsyncIterator[Fleet]:
    """The voice workers that the settings name, without the rest of a studio."""
    engine = _worker_engine(settings)
    try:
        yield Fleet(engine)
    finally:
        await engine.aclose()


def _worker_engine(settings: Settings) -> WorkerEngine:
    authority = settings.worker_authority.read_bytes() if settings.worker_authority else None
    links = Links(Access(settings.worker_token, authority))
    # The usual address is nobody's wish: beside a registry only a list that was set counts.
    wanted = settings.redis_url is None or "workers" in settings.model_fields_set
    listed = [address for address in settings.workers.split(",") if address and wanted]
    return WorkerEngine(finder_over(links, listed, settings.redis_url), links)
