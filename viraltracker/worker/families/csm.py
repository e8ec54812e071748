"""The `csm` family: Sesame CSM-1B with LoRA voices. Voices over one checkpoint share one engine.

torch, transformers and peft are an extra, imported by `CsmFamily.load` alone (through `ensemble`), so only
ever in a voice worker's process. A checkpoint speaks in slots: lines of all its voices, listened to or
rendered, are made together by the one thread that owns the device.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import anyio
import anyio.to_thread
import numpy as np

from viraltracker.audio import Clip, Floats, stretched
from viraltracker.errors import Refused, SettingsRefused, StudioError, TextTooLong
from viraltracker.worker.config import Csm
from viraltracker.worker.csm.asking import Ask
from viraltracker.worker.csm.endings import FRAMES_A_SECOND, expected_frames, most_frames
from viraltracker.worker.csm.listening import Listening
from viraltracker.worker.csm.plain import plain
from viraltracker.worker.csm.settings import (
    ADAPTER,
    CHECKPOINT,
    DEFAULT_MOOD,
    csm_settings,
    missing_from_pack,
)
from viraltracker.worker.csm.thread import DeviceThread
from viraltracker.worker.families.checking import check_line
from viraltracker.worker.families.together import each_done
from viraltracker.worker.model import Line, Pack, Rendered, Voice
from viraltracker.worker.packs import read_pack

if TYPE_CHECKING:
    from viraltracker.worker.csm.ensemble import Ensemble, Part

__all__ = ["CSM_CAPABILITIES", "CsmFamily", "CsmModel"]

_log = logging.getLogger(__name__)
CSM_CAPABILITIES: Final = frozenset({"streaming", "batching", "speed", "seed"})
_OPTIONS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {"temperature": (0.0, 1.5), "top_k": (1.0, 100.0)}
)
_TEMPERATURE, _TOP_K = 0.9, 50.0
"""How the published checkpoint draws."""
_LINES_A_SLOT: Final = 4
"""So many lines are taken at once that slots whose line ends find the next one waiting."""
_LOOK_S: Final = 1.0
_PARTED: Final = ("torch", "transformers", "peft", "safetensors", "tokenizers")


@dataclass(slots=True, eq=False)
class _Shared:
    """A checkpoint in memory and the thread it lives in. `users`: models that speak with it."""

    ensemble: "Ensemble"
    thread: DeviceThread
    watching: "asyncio.Task[None] | None" = None
    users: int = 0


@dataclass(slots=True)
class CsmFamily:
    """Loads checkpoints and voices. `broken`: told, in words, when a device works no more."""

    rules: Csm = field(default_factory=Csm)
    broken: Callable[[str], None] = lambda _: None
    _shared: dict[Path, _Shared] = field(default_factory=dict)
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

    async def _opened(self, base: Pack) -> _Shared:
        shared = self._shared.get(base.folder)
        if shared is None:
            reference = csm_settings(base).engine == "reference"
            # Seconds of reading, in which live streams would fall silent.
            make = await anyio.to_thread.run_sync(_imported)
            ensemble = make(base.folder / CHECKPOINT, self.rules, reference=reference)
            thread = DeviceThread(f"csm {base.id}", ensemble, self.broken, hang_s=self.rules.hang_s)
            async with AsyncExitStack() as unfinished:
                unfinished.push_async_callback(thread.close)
                await thread.ask(ensemble.open)
                unfinished.pop_all()
            shared = self._shared[base.folder] = _Shared(ensemble, thread)
            shared.watching = asyncio.create_task(self._watch(thread), name="csm watch")
        shared.users += 1
        return shared

    async def _watch(self, thread: DeviceThread) -> None:
        """A device that hangs raises nothing, so its thread is looked at."""
        while not thread.hung:  # noqa: ASYNC110 - a thread that hangs sets no event
            await asyncio.sleep(_LOOK_S)
        self.broken(f"the device has hung for {self.rules.hang_s:g} s")

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


class CsmModel:
    """See `Model`. A voice with its moods; each mood is one of the voices that it offers."""

    options = _OPTIONS

    def __init__(
        self,
        pack_id: str,
        shared: _Shared,
        part: "Part",
        moods: Sequence[str],
        leave: Callable[[], Awaitable[None]],
    ) -> None:
        self._id, self._shared, self._part, self._leave = pack_id, shared, part, leave
        self.rate_hz = shared.ensemble.shape.rate_hz
        self.batch = shared.ensemble.slots * _LINES_A_SLOT
        self.voices = tuple(Voice(mood, mood) for mood in moods or (DEFAULT_MOOD,))
        # What voices share is counted with the one that brought it.
        alone = shared.users == 1
        self.memory_bytes = shared.ensemble.memory_bytes if alone else part.memory_bytes

    def check(self, line: Line) -> None:
        """See `Model`."""
        check_line(line, _OPTIONS)
        if line.voice and not any(line.voice == voice.id for voice in self.voices):
            known = ", ".join(voice.id for voice in self.voices[:5])
            raise Refused(f"{self._id} has no voice {line.voice[:60]!r}. It has {known}.", field="voice.id")
        self._room(line, plain(line.text).text)

    async def speak(self, line: Line) -> AsyncGenerator[Floats]:
        """See `Model`. The first piece after two frames; a line at another speed comes whole."""
        if line.speed != 1.0:
            yield self._at_speed(await self._gathered(line, live=True, facts={}), line.speed)
            return
        async with aclosing(self._pieces(line, live=True, facts={})) as pieces:
            async for piece in pieces:
                yield piece

    async def render(self, lines: Sequence[Line]) -> AsyncGenerator[Rendered]:
        """See `Model`. All at once; the slots take them one after the other."""
        async with aclosing(each_done(lines, self._rendered)) as results:
            async for result in results:
                yield result

    async def close(self) -> None:
        """See `Model`."""
        await self._leave()

    async def _rendered(self, index: int, line: Line) -> Rendered:
        facts: dict[str, str] = {}
        samples = await self._gathered(line, live=False, facts=facts)
        return Rendered(index, self._at_speed(samples, line.speed), facts=facts)

    async def _gathered(self, line: Line, *, live: bool, facts: dict[str, str]) -> Floats:
        async with aclosing(self._pieces(line, live=live, facts=facts)) as pieces:
            return np.concatenate([piece async for piece in pieces])

    async def _pieces(self, line: Line, *, live: bool, facts: dict[str, str]) -> AsyncGenerator[Floats]:
        """The line's audio as the device makes it; then `facts` tell how it came about."""
        self.check(line)
        listening, device = Listening(), self._shared
        ask = self._ask(line, listening, live=live, facts=facts)
        device.thread.tell(partial(device.ensemble.add, ask))
        try:
            async for piece in listening.pieces():
                yield piece
        finally:
            if not listening.over:
                with anyio.CancelScope(shield=True), suppress(StudioError):
                    await device.thread.ask(partial(device.ensemble.drop, ask))
        if listening.report is not None:
            facts.update(listening.report.facts())

    def _ask(self, line: Line, listening: Listening, *, live: bool, facts: dict[str, str]) -> Ask:
        said = plain(line.text)
        if said.changed:
            facts["spoken_plainly"] = " ".join(said.changed)[:200]
        ids, most = self._room(line, said.text)
        if line.speed != 1.0:
            facts["time_stretched"] = f"{line.speed:g}"
        return Ask(
            ids=ids,
            expected_frames=expected_frames(said.text),
            most_frames=most,
            listener=listening,
            voice=self._part.place,
            heard=self._part.heard.get(line.voice or self.voices[0].id),
            seed=secrets.randbits(63) if line.seed is None else line.seed,
            temperature=line.options.get("temperature", _TEMPERATURE),
            top_k=round(line.options.get("top_k", _TOP_K)),
            live=live,
        )

    def _room(self, line: Line, text: str) -> tuple[tuple[int, ...], int]:
        """The text's ids, and how many frames it may take. Raises `Refused` for no words, `TextTooLong`."""
        if not text:
            raise Refused("There is nothing to speak but marks. Write words.", field="text")
        ensemble = self._shared.ensemble
        ids = ensemble.prompter.ids(text)
        heard = self._part.positions.get(line.voice or self.voices[0].id, 0)
        room = ensemble.positions - heard - len(ids) - 2
        if room < expected_frames(text):
            takes_s, fits_s = (frames / FRAMES_A_SECOND for frames in (expected_frames(text), max(0, room)))
            raise TextTooLong(
                f"The line is too long for this voice: {len(text)} characters take some {takes_s:.0f} s, and "
                f"{fits_s:.0f} s fit. Split it.",
                field="text",
            )
        return ids, min(room, most_frames(text))

    def _at_speed(self, samples: Floats, speed: float) -> Floats:
        return stretched(Clip(samples, self.rate_hz), speed).samples


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
