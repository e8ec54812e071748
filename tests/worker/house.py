"""A residency with all that it stands on in a test's hands, and sessions that hold until they are told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.worker.memory import Books, Clock, MemoryFamily, pack, settled
from viraltracker.errors import SettingsRefused, StudioError
from viraltracker.worker import Pack
from viraltracker.worker.packs import BrokenPack, Packs
from viraltracker.worker.ports import Held
from viraltracker.worker.residency import Residency
from viraltracker.worker.shelf import Rules

RULES = Rules(cap=2, ttl_s=600, min_residency_s=120)
PACKS = Packs(
    (pack("mem/a"), pack("mem/b"), pack("mem/c")), (BrokenPack("mem/torn", "metadata.yaml is missing."),)
)


class House:
    """A residency with all that it stands on in a test's hands."""

    def __init__(self, *, rules: Rules = RULES, gated: bool = False, warm_up_ms: int = 0) -> None:
        self.clock, self.books = Clock(), Books()
        self.family = MemoryFamily(cap=rules.cap, gated=gated)
        self.rereads: dict[str, Pack | SettingsRefused] = {}
        self.residency = Residency(
            [self.family],
            PACKS,
            rules,
            warm_up_ms=warm_up_ms,
            watcher=self.books,
            monotonic=self.clock.monotonic,
            sleep=self.clock.sleep,
            read=self._read,
        )

    async def _read(self, known: Pack) -> Pack:
        found = self.rereads.get(known.id, known)
        if isinstance(found, SettingsRefused):
            raise found
        return found

    @property
    def resident(self) -> list[str]:
        return [each.pack.id for each in self.residency.facts() if each.state == "resident"]

    def state(self, model_id: str) -> str:
        return self.residency.about(model_id).state

    async def visit(self, model_id: str) -> None:
        """A session that comes, has the model loaded, and goes."""
        async with self.residency.hold(model_id, load=True):
            pass


@asynccontextmanager
async def sweeping(house: House) -> AsyncIterator[None]:
    task = asyncio.create_task(house.residency.sweep())
    await settled()
    yield
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()


class Session:
    """Holds a model until told to let go; `problem` is why it doesn't."""

    def __init__(self, house: House, model_id: str, *, load: bool = True) -> None:
        self.held: Held | None = None
        self.problem: StudioError | None = None
        self._let_go = asyncio.Event()
        self.task = asyncio.create_task(self._hold(house, model_id, load))

    async def _hold(self, house: House, model_id: str, load: bool) -> None:
        try:
            async with house.residency.hold(model_id, load=load) as self.held:
                await self._let_go.wait()
        except StudioError as problem:
            self.problem = problem

    async def let_go(self) -> None:
        self._let_go.set()
        await self.task
        await settled()


async def used(held: Held) -> object:
    """The model that a line would be spoken with now."""
    async with held.using() as model:
        return model
