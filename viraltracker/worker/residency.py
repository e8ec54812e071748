"""Voice models in memory: held by sessions, loaded when one asks, out again when nobody has for long.

What is asked for here is done by `Moves`, in tasks of their own, so that nobody who is broken off takes a
load away from others. Knows no wire; time and sleep are handed in.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from viraltracker.errors import NotFound, NotLoaded, SettingsRefused
from viraltracker.worker.loading import process_bytes
from viraltracker.worker.model import ModelFacts, Pack
from viraltracker.worker.moves import Entry, Moves, ending
from viraltracker.worker.names import nearest, shown
from viraltracker.worker.packs import BrokenPack, Packs, read_again
from viraltracker.worker.ports import Family, Held, Model
from viraltracker.worker.shelf import Here, Moving, Rules
from viraltracker.worker.watching import Unwatched, Watcher

__all__ = ["Residency"]


class Residency:
    """All models of a worker. `packs` is the `catalogue` of these families.

    A load that began goes on when those who asked have left: the next one will want it. Raises
    `SettingsRefused` for a pinned model that there is not.
    """

    def __init__(
        self,
        families: Iterable[Family],
        packs: Packs,
        rules: Rules,
        *,
        warm_up_ms: int = 300,
        check_s: float = 30.0,
        watcher: Watcher | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        read: Callable[[Pack], Awaitable[Pack]] = read_again,
        in_memory: Callable[[], int] = process_bytes,
    ) -> None:
        self._moves = Moves(
            families, packs.packs, rules, warm_up_ms, watcher or Unwatched(), monotonic, in_memory
        )
        self._shelf, self._entries = self._moves.shelf, self._moves.entries
        self._broken = {broken.id: broken for broken in packs.broken}
        self._check_s = check_s
        self._now, self._sleep, self._read = monotonic, sleep, read
        self._tasks: set[asyncio.Task[None]] = set()
        for pinned in sorted(rules.pinned - self._broken.keys() - self._entries.keys()):
            raise SettingsRefused(f"default or preload: {self._unknown(pinned)}")

    @asynccontextmanager
    async def hold(self, model_id: str, *, load: bool) -> AsyncIterator[Held]:
        """Keep a model in memory while inside; with `load` bring it there first if need be.

        Raises `NotFound`, `SettingsRefused` (a broken pack), `NotLoaded`, `TryLater` (no room, and when
        again), `ProviderDown` (the worker ends), and what a failed load raises.
        """
        self._entry(model_id)
        standing = self._shelf.wants(model_id, self._now())
        if not load and not isinstance(standing, Here):
            way = "is on its way, but not in memory" if isinstance(standing, Moving) else "is not in memory"
            raise NotLoaded(f"{model_id} {way}. Load it first, or ask for it to be loaded.")
        self._shelf.taken(model_id, self._now())
        try:
            # Again, if it came only to leave: it was to go with its last user, who went before we came.
            while not isinstance(self._shelf.wants(model_id, self._now()), Here):
                await self._brought(model_id)
            yield _Hold(self, model_id)
        finally:
            if self._shelf.released(model_id, self._now()) and not self._moves.is_ending:
                self._spawn(self._leave(model_id, when_idle=True))

    async def load(self, model_id: str) -> float:
        """Bring a model into memory; how many seconds that took, 0 if it was there. Raises as `hold`."""
        self._entry(model_id)
        self._shelf.asked_for(model_id)
        began_s = self._now()
        if isinstance(self._shelf.wants(model_id, began_s), Here):
            return 0.0
        await self._brought(model_id)
        return self._now() - began_s

    async def unload(self, model_id: str, *, when_idle: bool = False) -> None:
        """Close a model by hand; one that isn't in memory is left as it is. With `when_idle`, one in use goes
        when its last session lets go, and this returns at once. Raises `NotFound`, `InUse`.
        """
        self._entry(model_id)
        if self._shelf.asked_away(model_id, when_idle=when_idle):
            await self._outcome(self._spawn(self._leave(model_id, when_idle=when_idle)))

    async def reload(self, model_id: str) -> None:
        """Read a model's pack again once the lines under way have ended; new lines wait, holds stay.

        A pack that can't be read leaves the model as it is. Raises as `hold`.
        """
        entry = self._entry(model_id)
        if entry.rereading is None:
            entry.rereading = self._spawn(self._reread(model_id))
        await self._outcome(entry.rereading)

    def note(self, model_id: str, work_s: float, audio_s: float) -> None:
        """A line of so much audio took so much work."""
        self._entries[model_id].work_and_audio_s.append((work_s, audio_s))

    def about(self, model_id: str) -> ModelFacts:
        """A model and how it stands now. Raises `NotFound`, and `SettingsRefused` for a broken pack."""
        self._entry(model_id)
        return self._moves.facts(model_id)

    def facts(self) -> tuple[ModelFacts, ...]:
        """All there is, what is broken included, in the order of their ids."""
        told = [self._moves.facts(model_id) for model_id in self._entries]
        told += [_broken_facts(broken) for broken in self._broken.values()]
        return tuple(sorted(told, key=lambda each: each.pack.id))

    async def sweep(self) -> None:
        """Let go what nobody uses, for ever. Run it beside, and cancel it at the end."""
        while True:
            await self._sleep(self._check_s)
            async with self._moves.lock:
                while due := self._shelf.due(self._now()):
                    await self._moves.close(due[0], "unused")

    async def close(self) -> None:
        """Break off loads, wait for the lines under way, which end with their sessions, and close all models.

        From the first moment on, who asks for a model gets `ProviderDown`.
        """
        self._moves.break_off()
        if self._tasks:
            await asyncio.wait(self._tasks)
        async with AsyncExitStack() as stack:
            for entry in self._entries.values():
                await stack.enter_async_context(entry.gate.alone())
            await stack.enter_async_context(self._moves.lock)
            for model_id, entry in self._entries.items():
                if entry.model is not None:
                    await self._moves.close(model_id, "ending", despite_users=True)

    @asynccontextmanager
    async def using(self, model_id: str) -> AsyncIterator[Model]:
        """The model, for one line of somebody who holds it. Raises `NotLoaded` if reading it anew failed."""
        entry = self._entries[model_id]
        async with entry.gate.line():
            if self._moves.is_ending:
                raise ending()
            if entry.model is None:
                problem = self._shelf.place(model_id).problem
                raise NotLoaded(f"{model_id} could not be read anew: {problem} Mend that, and load it again.")
            yield entry.model

    def _entry(self, model_id: str) -> Entry:
        if self._moves.is_ending:
            raise ending()
        if model_id in self._broken:
            raise SettingsRefused(f"{model_id} can't be used: {self._broken[model_id].problem}")
        if model_id not in self._entries:
            raise NotFound(self._unknown(model_id))
        return self._entries[model_id]

    def _unknown(self, model_id: str) -> str:
        near = nearest(model_id, self._entries)
        way_out = f'Did you mean "{near}"?' if near else "Choose one of those it lists."
        return f'This worker has no model "{shown(model_id)}". {way_out}'

    async def _brought(self, model_id: str) -> None:
        """Join the load of this model that is under way, or begin it."""
        entry = self._entries[model_id]
        if entry.bringing is None or entry.bringing.done():
            entry.bringing = self._spawn(self._bring(model_id))
        await self._outcome(entry.bringing)

    async def _bring(self, model_id: str) -> None:
        async with self._moves.lock:
            if await self._moves.bring(model_id):
                await self._moves.close(model_id, "asked")

    async def _reread(self, model_id: str) -> None:
        entry = self._entries[model_id]
        async with entry.gate.alone():
            entry.rereading = None  # who asks from here on may have changed the pack after we read it
            pack = await self._read(entry.pack)
            async with self._moves.lock:
                entry.pack = pack
                if entry.model is not None:
                    await self._moves.close(model_id, "reload", despite_users=True)
                if await self._moves.bring(model_id):
                    await self._moves.close(model_id, "asked")

    async def _leave(self, model_id: str, *, when_idle: bool) -> None:
        async with self._moves.lock:
            if self._shelf.asked_away(model_id, when_idle=when_idle):
                await self._moves.close(model_id, "asked")

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name="model move")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # those who asked may all have left; it is in the log and in the facts

    async def _outcome(self, task: asyncio.Task[None]) -> None:
        """Wait for a move, which goes on if the one who waits is broken off."""
        await asyncio.wait({task})
        if task.cancelled():
            raise ending()
        task.result()


@dataclass(frozen=True, slots=True)
class _Hold:
    """See `Held`."""

    residency: Residency
    model_id: str

    def using(self) -> AbstractAsyncContextManager[Model]:
        return self.residency.using(self.model_id)


def _broken_facts(broken: BrokenPack) -> ModelFacts:
    family, _, name = broken.id.partition("/")
    pack = Pack(broken.id, family, name, "", (), frozenset(), 0, "", "", Path())
    return ModelFacts(pack, "failed", problem=broken.problem)
