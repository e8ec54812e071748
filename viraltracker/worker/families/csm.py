"""The `csm` family: Sesame CSM-1B with LoRA voices. Voices over one checkpoint share one engine.

torch, transformers and peft are an extra, imported by `CsmFamily.load` alone (through `ensemble`), so only
ever in a voice worker's process. A checkpoint speaks in slots: lines of all its voices, listened to or
rendered, are made together by the one thread that owns the device.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio
import anyio.to_thread

from viraltracker.errors import SettingsRefused, StudioError
from viraltracker.worker.config import Csm
from viraltracker.worker.csm.settings import (
    ADAPTER,
    CHECKPOINT,
    csm_settings,
    missing_from_pack,
)
from viraltracker.worker.csm.thread import DeviceThread
from viraltracker.worker.families.csm_voice import CsmModel, Shared
from viraltracker.worker.model import Pack
from viraltracker.worker.packs import read_pack

if TYPE_CHECKING:
    from viraltracker.worker.csm.ensemble import Ensemble, Part

__all__ = ["CSM_CAPABILITIES", "CsmFamily", "CsmModel"]

_log = logging.getLogger(__name__)
CSM_CAPABILITIES: Final = frozenset({"streaming", "batching", "speed", "seed"})
_LOOK_S: Final = 1.0
_OPEN_S: Final = 1_800.0
"""Reading gigabytes from a slow disk, or compiling every kind of frame, has not hung before that."""
_PARTED: Final = ("torch", "transformers", "peft", "safetensors", "tokenizers")


@dataclass(slots=True)
class CsmFamily:
    """Loads checkpoints and voices. `broken`: told, in words, when a device works no more."""

    rules: Csm = field(default_factory=Csm)
    broken: Callable[[str], None] = lambda _: None
    _shared: dict[Path, Shared] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    name = "csm"

    @property
    def built_in(self) -> tuple[Pack, ...]:
        """See `Family`. Checkpoints are copied in, voices are made."""
        return ()

    async def load(self, pack: Pack) -> "CsmModel":
        """See `Family`. `SettingsRefused` also where torch is missing, or a pack lacks something."""
        settings = csm_settings(pack)
        base = (
            pack if settings.base is None else await anyio.to_thread.run_sync(_base_of, pack, settings.base)
        )
        for each in {pack.id: pack, base.id: base}.values():
            lacking = await anyio.to_thread.run_sync(missing_from_pack, each)
            if lacking:
                raise SettingsRefused(f"{each.id} is not whole: {'; '.join(lacking)}. Make it again.")
        async with self._lock:
            shared = await self._opened(base)
            adapter = pack.folder / ADAPTER
            join = partial(
                shared.ensemble.join, adapter if adapter.is_dir() else None, pack.folder, settings.anchors
            )
            async with AsyncExitStack() as unfinished:
                unfinished.push_async_callback(self._released, base.folder)
                part = await shared.thread.ask(join)
                unfinished.pop_all()
        moods = tuple(anchor.mood for anchor in settings.anchors)
        return CsmModel(pack.id, shared, part, moods, partial(self._leave, base.folder, part))

    async def _opened(self, base: Pack) -> Shared:
        shared = self._shared.get(base.folder)
        if shared is None:
            reference = csm_settings(base).engine == "reference"
            # Seconds of reading, in which live streams would fall silent.
            make = await anyio.to_thread.run_sync(_imported)
            ensemble = make(base.folder / CHECKPOINT, self.rules, reference=reference)
            thread = DeviceThread(f"csm {base.id}", ensemble, self.broken, hang_s=self.rules.hang_s)
            watching = asyncio.create_task(self._watch(thread), name="csm watch")
            async with AsyncExitStack() as unfinished:
                unfinished.push_async_callback(thread.close)
                unfinished.callback(watching.cancel)
                await thread.ask(ensemble.open, may_take_s=_OPEN_S)
                unfinished.pop_all()
            shared = self._shared[base.folder] = Shared(ensemble, thread, watching)
        shared.users += 1
        return shared

    async def _watch(self, thread: DeviceThread) -> None:
        """A device that hangs raises nothing, so its thread is looked at."""
        while not thread.hung:  # noqa: ASYNC110 - a thread that hangs sets no event
            await asyncio.sleep(_LOOK_S)
        self.broken("the device has hung")

    async def _leave(self, folder: Path, part: "Part") -> None:
        async with self._lock:
            shared = self._shared[folder]
            with suppress(StudioError):
                await shared.thread.ask(partial(shared.ensemble.leave, part))
            await self._released(folder)

    async def _released(self, folder: Path) -> None:
        """One user less; the last one's checkpoint leaves memory."""
        shared = self._shared[folder]
        shared.users -= 1
        if shared.users:
            return
        del self._shared[folder]
        if shared.watching is not None:
            shared.watching.cancel()
            await asyncio.gather(shared.watching, return_exceptions=True)
        with suppress(StudioError):
            await shared.thread.ask(shared.ensemble.close)
        await shared.thread.close()


def _imported() -> "type[Ensemble]":
    """What needs torch. Raises `SettingsRefused` where that is missing."""
    try:
        from viraltracker.worker.csm.ensemble import Ensemble
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in _PARTED:
            raise
        raise SettingsRefused(
            "CSM needs torch, transformers and peft. Install them with: pip install viraltracker[csm]"
        ) from None
    return Ensemble


def _base_of(pack: Pack, name: str) -> Pack:
    """The pack with the checkpoint, beside the voice's own. Raises `SettingsRefused`."""
    folder = pack.folder.parent / name
    if not folder.is_dir():
        raise SettingsRefused(
            f"{pack.id} speaks with the checkpoint csm/{name}, which isn't here. Put it beside it: "
            "viraltracker voices add-checkpoint"
        )
    base = read_pack(folder)
    if csm_settings(base).base is not None:
        raise SettingsRefused(
            f"{pack.id} names csm/{name} as its checkpoint, which is a voice itself. Name another."
        )
    return base
