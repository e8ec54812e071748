"""Models into memory and out: one at a time over all, as `Shelf` decides. Knows no sessions and no tasks.

Only under `lock` is anything moved, so that there is never one model too many, not even for a moment.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Final

from viraltracker.errors import ProviderDown, StudioError, TryLater
from viraltracker.worker.gate import Gate
from viraltracker.worker.loading import load_model
from viraltracker.worker.model import ModelFacts, Pack
from viraltracker.worker.ports import Family, Model
from viraltracker.worker.shelf import Load, NoRoom, Rules, Shelf
from viraltracker.worker.watching import Watcher, Why

__all__ = ["RTF_LINES", "Entry", "Moves", "ending"]

_log = logging.getLogger(__name__)

RTF_LINES: Final = 20
"""Over how many lines a model's speed is told: some minutes of a session."""


@dataclass(slots=True)
class Entry:
    """What the shelf doesn't know of a model: the thing itself, who works on it, how fast it was."""

    pack: Pack
    model: Model | None = None
    gate: Gate = field(default_factory=Gate)
    work_and_audio_s: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=RTF_LINES))
    bringing: asyncio.Task[None] | None = None
    rereading: asyncio.Task[None] | None = None

    @property
    def rtf(self) -> float | None:
        """Seconds of work for a second of audio; None before there was any."""
        audio_s = sum(audio_s for _, audio_s in self.work_and_audio_s)
        return sum(work_s for work_s, _ in self.work_and_audio_s) / audio_s if audio_s > 0 else None


def ending() -> ProviderDown:
    """What everybody is told who comes too late."""
    return ProviderDown("The worker is ending. Ask again in a moment, or ask another one.")


class Moves:
    """Every entry with its place on the shelf."""

    def __init__(
        self,
        families: Iterable[Family],
        packs: Iterable[Pack],
        rules: Rules,
        warm_up_ms: int,
        watcher: Watcher,
        monotonic: Callable[[], float],
        in_memory: Callable[[], int],
    ) -> None:
        self.lock = asyncio.Lock()
        self.is_ending = False
        self._loader: asyncio.Task[Any] | None = None
        self.entries: Mapping[str, Entry] = {pack.id: Entry(pack) for pack in packs}
        self.shelf = Shelf(self.entries, rules)
        self._families = {family.name: family for family in families}
        self._cap, self._warm_up_ms = rules.cap, warm_up_ms
        self._watcher = watcher
        self._now, self._in_memory = monotonic, in_memory

    async def bring(self, model_id: str) -> bool:
        """Make room, and load it; nothing, if it is there. True: it was to go with its last user, who went.

        Raises `TryLater` where nothing may make room, `ProviderDown` at the end, and what the load raises.
        """
        while not self.is_ending:
            # Asked again after each: closing takes time, and somebody may have come for the next one.
            decision = self.shelf.wants(model_id, self._now())
            if isinstance(decision, NoRoom):
                raise TryLater(
                    f"There is no room for {model_id}: the worker keeps {self._cap} models in memory, and "
                    f"all are in use or new. Ask again in {ceil(decision.after_s)} s, or end a session.",
                    after_s=decision.after_s,
                )
            if not isinstance(decision, Load):
                return False
            if not decision.evict:
                return await self._load(model_id)
            await self.close(decision.evict[0], "room")
        raise ending()

    def break_off(self) -> None:
        """Bring nothing from now on, and break off the load under way. What is being closed is let finish."""
        self.is_ending = True
        if self._loader is not None:
            self._loader.cancel()

    async def close(self, model_id: str, why: Why, *, despite_users: bool = False) -> None:
        """Close a resident model and give its place away."""
        entry = self.entries[model_id]
        model, entry.model = entry.model, None
        assert model is not None, "what is resident is here"  # noqa: S101
        self.shelf.unloading(model_id, despite_users=despite_users)
        try:
            await model.close()
        except Exception as error:  # noqa: BLE001 - however an engine ends, its place is free
            _log.warning("model.unclosed", extra={"model": model_id, "error": type(error).__name__})
        finally:
            self.shelf.gone(model_id)
            self._watcher.left(model_id, why)
            self._watcher.resident(self.shelf.resident)
        _log.info("model.left", extra={"model": model_id, "why": why})

    def facts(self, model_id: str) -> ModelFacts:
        """How a model stands."""
        entry, place = self.entries[model_id], self.shelf.place(model_id)
        return ModelFacts(
            entry.pack,
            place.state,
            users=place.users,
            memory_bytes=place.memory_bytes,
            resident_s=self._now() - place.since_s if place.state == "resident" else 0.0,
            rtf=entry.rtf,
            problem=place.problem,
            voices=entry.model.voices if entry.model else (),
            options=entry.model.options if entry.model else {},
        )

    async def _load(self, model_id: str) -> bool:
        entry = self.entries[model_id]
        family = self._families[entry.pack.family]
        self.shelf.loading(model_id)
        began_s = self._now()
        self._loader = asyncio.current_task()
        try:
            model, memory_bytes = await load_model(family, entry.pack, self._warm_up_ms, self._in_memory)
        except BaseException as error:  # broken off or failed: the shelf must hear of it
            words = error.message if isinstance(error, StudioError) else "The load was broken off."
            self.shelf.failed(model_id, words)
            self._watcher.failed(model_id)
            _log.warning("model.failed", extra={"model": model_id, "error": type(error).__name__})
            raise
        finally:
            self._loader = None
        entry.model = model
        entry.work_and_audio_s.clear()
        is_unwanted = self.shelf.loaded(model_id, self._now(), memory_bytes)
        took_s = self._now() - began_s
        self._watcher.loaded(model_id, took_s)
        self._watcher.resident(self.shelf.resident)
        _log.info("model.loaded", extra={"model": model_id, "ms": round(took_s * 1000)})
        return is_unwanted
