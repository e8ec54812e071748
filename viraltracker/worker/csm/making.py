"""Packs of the csm family from what lies on this machine's disk: a checkpoint, or a voice over one.

Nothing of it is loaded, so neither torch nor a GPU is needed. A pack appears whole or not at all: it is
prepared in a folder that begins with a dot, which the worker passes over.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from viraltracker.audio import container_of
from viraltracker.errors import BadInput, DiskFull, SettingsRefused
from viraltracker.worker.csm.settings import (
    ADAPTER,
    CHECKPOINT,
    csm_settings,
    missing_from_pack,
    read_anchor,
)
from viraltracker.worker.model import Consent, Pack
from viraltracker.worker.names import is_name, shown
from viraltracker.worker.packs import read_pack, read_packs, write_metadata

__all__ = ["Mood", "Said", "add_adapter", "add_checkpoint"]

_FAMILY: Final = "csm"
_CAPABILITIES: Final = frozenset({"streaming", "batching", "speed", "seed"})
_RATE_HZ: Final = 24_000
_ADAPTER_FILES: Final = ("adapter_config.json", "adapter_model.safetensors")
_CHECKPOINT_FILES: Final = ("*.json", "*.safetensors", "*.jinja")
_MARGIN_BYTES: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Said:
    """What only its owner knows of a pack."""

    name: str
    title: str
    language: str
    licence: str
    consent: Consent


@dataclass(frozen=True, slots=True)
class Mood:
    """A clip, the words in it, and what mood it stands for; the first of a pack is its usual one."""

    name: str
    file: Path
    transcript: str


def add_adapter(
    packs: Path, adapter: Path, base: str, moods: Sequence[Mood], said: Said, *, replacing: bool = False
) -> Pack:
    """Make `packs/csm/<name>` of a peft folder and its clips, over the checkpoint `csm/<base>`; the pack.

    `base` empty: the only checkpoint there is. Raises `BadInput` and `SettingsRefused`, in words; then
    nothing has changed.
    """
    base = base or _only_checkpoint(packs)
    if not (packs / _FAMILY / base / CHECKPOINT).is_dir():
        raise BadInput(
            f"There is no checkpoint csm/{shown(base)} to speak with. Add it first: "
            "viraltracker voices add-checkpoint DIR"
        )

    def fill(folder: Path) -> Mapping[str, Any]:
        (folder / ADAPTER).mkdir()
        for name in _ADAPTER_FILES:
            if (adapter / name).is_file():
                shutil.copyfile(adapter / name, folder / ADAPTER / name)
        anchors = [_anchor(mood, folder) for mood in moods]
        return {"base": base, "anchors": anchors}

    return _made(packs, said, fill, replacing)


def add_checkpoint(packs: Path, checkpoint: Path, said: Said, *, replacing: bool = False) -> Pack:
    """Make `packs/csm/<name>` of a checkpoint's folder; the pack. Raises as `add_adapter`.

    Files are linked where both folders are on one disk, so that gigabytes are not there twice.
    """

    def fill(folder: Path) -> Mapping[str, Any]:
        (folder / CHECKPOINT).mkdir()
        for pattern in _CHECKPOINT_FILES:
            for path in checkpoint.glob(pattern):
                _linked(path.resolve(), folder / CHECKPOINT / path.name)
        return {}

    return _made(packs, said, fill, replacing)


def _made(packs: Path, said: Said, fill: Callable[[Path], Mapping[str, Any]], replacing: bool) -> Pack:
    if not is_name(said.name):
        raise BadInput(f"{shown(said.name)} can't be a voice's name. Use letters, digits, dots and hyphens.")
    place = packs / _FAMILY / said.name
    if place.exists() and not replacing:
        raise BadInput(f"csm/{said.name} is there already. Choose another name, or replace it with --force.")
    with _staged(packs / _FAMILY) as folder:
        pack = Pack(
            id=f"{_FAMILY}/{said.name}",
            family=_FAMILY,
            title=said.title,
            version="1",
            languages=(said.language,),
            capabilities=_CAPABILITIES,
            rate_hz=_RATE_HZ,
            licence=said.licence,
            consent=said.consent,
            folder=folder,
            settings=fill(folder),
        )
        lacking = missing_from_pack(pack)
        if lacking:
            raise BadInput(f"That can't be used: {'; '.join(lacking)}. Name a folder that has it.")
        for anchor in csm_settings(pack).anchors:
            read_anchor(folder / anchor.file, _RATE_HZ)
        write_metadata(folder, replace(pack, folder=place))
        _put(folder, place)
    return read_pack(place)


@contextmanager
def _staged(root: Path) -> Iterator[Path]:
    """A folder beside the packs that is gone afterwards. Raises `DiskFull` and `SettingsRefused`."""
    folder = root / f".making-{uuid4().hex[:8]}"
    try:
        root.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(root).free < _MARGIN_BYTES:
            raise DiskFull("The disk with the voice packs is full. Free some space and try again.")
        folder.mkdir()
        yield folder
    except OSError as error:
        raise SettingsRefused(
            f"The pack can't be written ({error.strerror}). Free space, or name another folder of packs."
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _put(folder: Path, place: Path) -> None:
    """The new pack where the old one was; for a moment there is none."""
    old = folder.with_name(f"{folder.name}.old")
    if place.exists():
        place.rename(old)
    folder.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def _anchor(mood: Mood, folder: Path) -> dict[str, str]:
    payload = mood.file.read_bytes()
    kind = container_of(payload)
    if kind is None:
        raise BadInput(
            f"{shown(mood.file.name)} is no WAV, FLAC, MP3 or OGG. Name a clip of 1 to 15 seconds."
        )
    if not is_name(mood.name):
        raise BadInput(f"{shown(mood.name)} can't be a mood. Use a word of a-z, 0-9 and hyphens.")
    name = f"{mood.name}.{str(kind).lower()}"
    (folder / name).write_bytes(payload)
    return {"file": name, "transcript": mood.transcript, "mood": mood.name}


def _only_checkpoint(packs: Path) -> str:
    names = [
        pack.folder.name
        for pack in read_packs(packs).packs
        if pack.family == _FAMILY and (pack.folder / CHECKPOINT).is_dir()
    ]
    if len(names) == 1:
        return names[0]
    choice = (
        f"one of {', '.join(names)}" if names else "add one with `viraltracker voices add-checkpoint DIR`"
    )
    raise BadInput(f"Say with --base which checkpoint it speaks with: {choice}.")


def _linked(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or one without links
        shutil.copyfile(source, target)
