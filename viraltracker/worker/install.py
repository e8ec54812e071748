"""Piper voices from their catalogue into the folder of voice packs: a pack appears whole or not at all.

It is prepared in a folder that begins with a dot, which the worker passes over and a later run goes on with.
Asks nobody: `offer` says what it would be and under which licence, `install` does it.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio.to_thread

from viraltracker.errors import BadInput, DiskFull, SettingsRefused
from viraltracker.worker.families.piper import PIPER_CAPABILITIES
from viraltracker.worker.families.piper_file import VoiceFile, read_voice_file
from viraltracker.worker.fetching import Mirror, disk_refusals, md5_of, open_mirror, sha256_of
from viraltracker.worker.model import Pack
from viraltracker.worker.packs import METADATA, read_pack, write_metadata
from viraltracker.worker.piper_catalogue import (
    CATALOGUE,
    CATALOGUE_BYTES,
    CatalogueVoice,
    choose,
    licence_of,
)

__all__ = ["Offer", "PiperInstaller"]

_FAMILY: Final = "piper"
_MARGIN_BYTES: Final = 64 << 20
"""Left free on the disk: the studio's database next to the packs stops on a full one."""

Told = Callable[[int, int], None]
"""Told how many bytes are there, of how many."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What would be installed. `installed`: it is there already, whole and of the same content."""

    voice: CatalogueVoice
    licence: str
    installed: bool


class PiperInstaller:
    """Installs voices of one catalogue into one folder of packs.

    `free_bytes`: how much room the disk of a folder has.
    """

    def __init__(
        self,
        base_url: str,
        packs: Path,
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._base_url = base_url
        self._root = packs / _FAMILY
        self._free_bytes = free_bytes

    async def offer(self, name: str) -> Offer:
        """The voice of that key, pack name or alias, and its licence; nothing is written.

        Raises `NotFound`, `SettingsRefused` for a broken catalogue, `ProviderDown`, `Damaged`.
        """
        async with open_mirror(self._base_url) as mirror:
            voice = choose(await mirror.small(CATALOGUE, CATALOGUE_BYTES), name)
            card = voice.model_card
            text = "" if card is None else (await mirror.checked(card)).decode("utf-8", "replace")
        there = await anyio.to_thread.run_sync(_is_whole, self._root / voice.name, voice)
        return Offer(voice, licence_of(text), there)

    async def install(self, offer: Offer, told: Told) -> Pack:
        """Fetch what is missing and put the pack in its place, over a damaged or older one.

        Cut off, it leaves a hidden folder with what came so far. Raises as `Mirror.fetch`; `BadInput` when
        another process is at it; `SettingsRefused` when the voice is none the `piper` family could load.
        """
        voice, folder = offer.voice, self._root / offer.voice.name
        if offer.installed:
            return read_pack(folder)
        staging = self._root / f".{voice.name}.installing"
        with disk_refusals(self._root):
            staging.mkdir(parents=True, exist_ok=True)
            try:
                with _alone_in(staging):
                    self._check_room(voice, staging)
                    async with open_mirror(self._base_url) as mirror:
                        await _fetch(mirror, voice, staging, told)
                    await anyio.to_thread.run_sync(self._put_in_place, offer, staging, folder)
            finally:
                with suppress(OSError):
                    staging.rmdir()  # goes through only where nothing came
        return read_pack(folder)

    def _check_room(self, voice: CatalogueVoice, staging: Path) -> None:
        there = sum(path.stat().st_size for path in staging.iterdir())
        needed, free = voice.size_bytes - there + _MARGIN_BYTES, self._free_bytes(staging)
        if free < needed:
            raise DiskFull(
                f"The disk of {self._root.parent} has {_megabytes(free)} MB left, and this needs "
                f"{_megabytes(needed)} MB. Free some space, or name another folder with --packs."
            )

    def _put_in_place(self, offer: Offer, staging: Path, folder: Path) -> None:
        voice = offer.voice
        described = read_voice_file(staging / f"{voice.name}.onnx.json")
        write_metadata(staging, _pack(offer, described, staging, self._base_url))
        known = {METADATA, *(file.name for file in voice.files)}
        for path in staging.iterdir():
            if path.name not in known:
                path.unlink()  # of an older version of the voice
        _flush(staging, *(staging / name for name in known))
        self._replace(folder, staging)

    def _replace(self, folder: Path, staging: Path) -> None:
        old = staging.with_suffix(".old")
        shutil.rmtree(old, ignore_errors=True)
        with suppress(FileNotFoundError):
            folder.rename(old)
        try:
            staging.rename(folder)
        except OSError:
            with suppress(OSError):
                old.rename(folder)
            raise
        _flush(self._root)
        shutil.rmtree(old, ignore_errors=True)


async def _fetch(mirror: Mirror, voice: CatalogueVoice, staging: Path, told: Told) -> None:
    """Every file that isn't there; the description is read before a large model is waited for."""
    done = 0
    for file in voice.files:
        path = staging / file.name
        if not await anyio.to_thread.run_sync(_is_file, path, file.md5):

            def told_of_file(have: int, before: int = done) -> None:
                told(before + have, voice.size_bytes)

            await mirror.fetch(file, staging, told_of_file)
        if file.name.endswith(".json"):
            await anyio.to_thread.run_sync(_refuse_unspeakable, path)
        done += file.size_bytes
        told(done, voice.size_bytes)


def _refuse_unspeakable(path: Path) -> None:
    try:
        read_voice_file(path)
    except SettingsRefused as refused:
        raise SettingsRefused(f"This voice can't be used here. {refused.message}") from None


def _pack(offer: Offer, described: VoiceFile, staging: Path, source: str) -> Pack:
    voice = offer.voice
    hashed = [file.name for file in voice.files if file.name.endswith((".onnx", ".json"))]
    return Pack(
        id=f"{_FAMILY}/{voice.name}",
        family=_FAMILY,
        title=voice.title,
        version=described.piper_version or "1",
        languages=voice.languages,
        capabilities=PIPER_CAPABILITIES,
        rate_hz=described.audio.sample_rate,
        licence=offer.licence,
        consent="dataset licence",
        folder=staging,
        settings={
            "quality": voice.quality,
            "source": source,
            "sha256": {name: sha256_of(staging / name) for name in hashed},
        },
    )


def _is_whole(folder: Path, voice: CatalogueVoice) -> bool:
    try:
        read_pack(folder)
    except SettingsRefused:
        return False
    return all(_is_file(folder / file.name, file.md5) for file in voice.files)


def _is_file(path: Path, md5: str) -> bool:
    return path.is_file() and md5_of(path) == md5


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Inside, nobody else prepares this pack. The lock goes with the process that holds it."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput("Another process is installing this voice. Wait until it is done.") from None
        yield
    finally:
        os.close(lock)


def _flush(*paths: Path) -> None:
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _megabytes(count: int) -> int:
    return -(-count // 1_000_000)
