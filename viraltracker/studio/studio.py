"""Every use case of one owner, over whatever stores and engines there are."""

import sys
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import anyio

from viraltracker.episode import Exports
from viraltracker.errors import BadInput, NotFound
from viraltracker.jobs import LeasedSlots, WorkerConfig, run_worker
from viraltracker.script import Beat, Cast, Segment
from viraltracker.settings import Settings
from viraltracker.speech import Synthesizer
from viraltracker.speech.worker import Fleet, Said, WorkerEngine
from viraltracker.store import Seat, seat_of
from viraltracker.studio.people import LOCAL_USER, People, Person
from viraltracker.studio.stores import Stores
from viraltracker.studio.work import Work
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
    Slots,
    as_script_cast,
    session_standing,
)
from viraltracker.voices import VoiceProfile

__all__ = ["Activity", "Desk", "Parcel", "Studio"]

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
    """Every use case of somebody in a studio, over one set of stores and one of engines."""

    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        engines: Mapping[str, Synthesizer],
        who: UUID | Seat = LOCAL_USER,
    ) -> None:
        self.settings = settings
        self.stores = stores
        self.engines = engines
        self.seat = seat_of(who)
        self._of: dict[Seat, Studio] = {self.seat: self}
        self._door = threading.Lock()
        self.files = stores.files(self.seat)
        records: Records = stores.rows.acting_for(self.seat)
        self.records = records
        self.cast = CastBook(records)
        self.people = People(records)
        self.sessions = Sessions(records)
        self._overview = Overview(records)
        self.choose = Choose(records)
        self.exports = Exports(records)
        self._planned = Planner({}, engines)
        self._tester = Producer(engines, self.files, _slots(stores))

    @property
    def owner(self) -> UUID:
        """Whose sessions, takes and voices these are."""
        return self.seat.owner

    def acting_for(self, who: UUID | Seat) -> "Studio":
        """The same studio for somebody else, for any thread. One object each: pages remember by it."""
        seat = seat_of(who)
        with self._door:
            found = self._of.get(seat)
            if found is None:
                found = self._of[seat] = Studio(self.settings, self.stores, self.engines, seat)
                found._of, found._door = self._of, self._door
            return found

    async def sign_in(self, person: Person) -> bool:
        """Note that this studio's owner, `person`, is here now; whether for the first time."""
        told = await self.records.call("studio_sign_in_v1", **asdict(person))
        return bool(told["new"])

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
        """The audio with that hash, for the player of `user`, an id. Raises `NotFound`, `Damaged`."""
        theirs = self.acting_for(UUID(user))
        if not await theirs.records.call("studio_blob_owned_v1", sha256=sha256):
            raise NotFound("There is no such audio here.")
        return await theirs.files.file(sha256)

    async def download(self, thing: str, user: str) -> Parcel:
        """A finished export's file by the export's id, for `user`. Raises `NotFound`."""
        theirs = self.acting_for(UUID(user))
        export = await theirs.exports.get(UUID(thing))
        if export.file_sha256 is None:
            raise NotFound("This export has no file. Make it again on the Episode page.")
        return Parcel(await theirs.files.file(export.file_sha256), export.filename)

    async def workers(self) -> tuple[Mapping[str, Any], ...]:
        """The job workers that are alive."""
        return tuple(await self.records.call("studio_workers_v1"))

    async def tell_worker(self, worker: UUID, told: Literal["drain", "stop"]) -> None:
        """Have a job worker end: its jobs done (drain), or soon. Raises `NotFound`, `Denied`, `Conflict`."""
        if not await self.records.call("studio_worker_tell_v1", worker=worker, told=told):
            raise NotFound("That job worker is not there any more.")

    async def activity(self, most: int = 100) -> Activity:
        """What is going on over all sessions."""
        facts = await self.records.call("studio_activity_v1", most=most)
        return Activity(facts["under_way"], tuple(facts["work"]), tuple(facts["workers"]))

    async def run_worker(self, stop: anyio.Event, name: str, config: WorkerConfig | None = None) -> None:
        """Be a job worker until `stop` is set. Raises `SettingsRefused` where LISTEN doesn't get through."""
        sys.setswitchinterval(_HAND_OVER_S)
        queue = self.stores.require_queue()
        if self.settings.database_url is not None:
            await queue.require_listening()
        async with LeasedSlots(queue.acting_as_worker(), queue) as slots:
            workspace = self.settings.data / "work"
            work = Work(self.stores, self.engines, slots, workspace, self.settings.ffmpeg)
            await run_worker(config or WorkerConfig(name=name), work, queue, stop)


class _NoSlots:
    """No way to share a provider's limit with the workers: only what has none may be asked from here."""

    def hold(self, provider: str, limit: int | None, ttl_s: float) -> AbstractAsyncContextManager[None]:
        """Enter at once where there is no limit. Raises `BadInput` else."""
        return self._hold(limit)

    @asynccontextmanager
    async def _hold(self, limit: int | None) -> AsyncIterator[None]:
        if limit is not None:
            message = (
                "A test line with this engine shares its limit with the job workers; only a studio that "
                "knows DATABASE_URL can see to that. Make a take instead."
            )
            raise BadInput(message)
        yield


def _slots(stores: Stores) -> Slots:
    if stores.postgres is None:
        return _NoSlots()
    return LeasedSlots(stores.postgres.acting_as_worker(), stores.postgres)
