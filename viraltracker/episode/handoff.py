"""The editors' ZIP: one file for each beat, without its trailing pause, and a manifest of what is what.

The audio is the takes' own: not mastered, at the level it was made.
"""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from viraltracker.audio import EPISODE_RATE_HZ, ClipReader, decode, encode_wav
from viraltracker.episode.encoder import Encoder, Encoding, find_encoder
from viraltracker.episode.files import finished_file
from viraltracker.episode.model import KBITS, Codec, HandOff, HandOffBeat, Report
from viraltracker.episode.mp3 import lame_drop_db, split_arguments
from viraltracker.episode.names import beat_names
from viraltracker.episode.working import Watch, in_thread
from viraltracker.errors import BadAudio, BadInput
from viraltracker.units import db_to_gain, ms_of

__all__ = ["hand_off"]

_BEATS_AT_ONCE: Final = 50
"""Files that one ffmpeg writes; each costs it an encoder of about half a megabyte."""
_STEP: Final = 1 << 17
_ENCODED: Final = 0.9
_NO_DATE: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest a ZIP can say, so that the same takes give the same bytes."""


async def hand_off(
    title: str,
    project: str,
    beats: Sequence[HandOffBeat],
    out: Path,
    *,
    codec: Codec = "mp3",
    kbits: int = 128,
    encoder: Encoder | None = None,
    report: Report | None = None,
) -> HandOff:
    """Write the ZIP to `out` (replaced whole or not at all; `names.archive_name` gives its name).

    `codec` "flac" hands over the takes bit by bit and needs no encoder. Runs in a thread; cancelling leaves
    nothing behind. Raises `BadInput` when nothing is spoken, `BadAudio` for a damaged take, `EncoderFailed`,
    `DiskFull`.
    """
    if not any(beat.audio for beat in beats):
        raise BadInput(
            "There is nothing to hand over: no beat has audio. Generate and pick some takes first."
        )
    if kbits not in KBITS:
        raise BadInput(f"MP3 has no {kbits} kbit/s. Choose one of {', '.join(map(str, KBITS))}.")
    job = _HandOff(title, project, tuple(beats), codec, kbits, encoder)
    return await in_thread(lambda watch: job.write(out, watch), report)


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A beat with something to hear: its take, its length in samples, and its file for the ZIP."""

    beat: HandOffBeat
    audio: Path
    length: int
    file: Path


@dataclass(frozen=True, slots=True)
class _HandOff:
    title: str
    project: str
    beats: tuple[HandOffBeat, ...]
    codec: Codec
    kbits: int
    encoder: Encoder | None

    def write(self, out: Path, watch: Watch) -> HandOff:
        with finished_file(out) as draft:
            spoken = self._spoken(draft.parent)
            if self.codec == "mp3":
                self._encode(spoken, watch)
            else:
                self._copy(spoken, watch)
            with zipfile.ZipFile(draft, "w") as archive:
                entries = [self._packed(archive, one, watch) for one in spoken]
                self._write_manifest(archive, {entry["id"]: entry for entry in entries})
            with draft.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                size = file.tell()
        watch("packing", 1.0)
        return HandOff(out, digest, size, len(spoken))

    def _spoken(self, folder: Path) -> list[_Spoken]:
        heard = [(beat, beat.audio) for beat in self.beats if beat.audio is not None]
        names = beat_names([beat.id for beat, _ in heard], f".{self.codec}")
        spoken = []
        for (beat, audio), name in zip(heard, names, strict=True):
            with ClipReader(audio) as reader:
                if reader.rate_hz != EPISODE_RATE_HZ:
                    raise BadAudio(f"{beat.id}: its take is at {reader.rate_hz} Hz. Generate it again.")
                spoken.append(_Spoken(beat, audio, reader.length, folder / name))
        return spoken

    def _encode(self, spoken: Sequence[_Spoken], watch: Watch) -> None:
        encoder = self.encoder or find_encoder()
        gain = np.float32(db_to_gain(lame_drop_db(self.kbits)))
        whole, done = sum(one.length for one in spoken), 0
        for first in range(0, len(spoken), _BEATS_AT_ONCE):
            group = spoken[first : first + _BEATS_AT_ONCE]
            files, lengths = [one.file for one in group], [one.length for one in group]
            arguments = split_arguments(files, lengths, kbits=self.kbits)
            with Encoding(encoder, arguments, "encode the beats") as encoding:
                for one in group:
                    with ClipReader(one.audio) as reader:
                        for at in range(0, one.length, _STEP):
                            part = reader.read(at, min(_STEP, one.length - at)) * gain
                            encoding.write(part.data, lambda: watch("encoding", 0.0))
                    done += one.length
                    watch("encoding", _ENCODED * done / whole)
                encoding.finish(lambda: watch("encoding", 0.0))

    def _copy(self, spoken: Sequence[_Spoken], watch: Watch) -> None:
        for number, one in enumerate(spoken, 1):
            if self.codec == "flac":
                shutil.copyfile(one.audio, one.file)
            else:
                one.file.write_bytes(encode_wav(decode(one.audio.read_bytes())))
            watch("encoding", _ENCODED * number / len(spoken))

    def _packed(self, archive: zipfile.ZipFile, one: _Spoken, watch: Watch) -> dict[str, Any]:
        watch("packing", _ENCODED)
        payload = one.file.read_bytes()
        archive.writestr(_entry(one.file.name), payload)
        one.file.unlink()
        return {
            "id": one.beat.id,
            "file": one.file.name,
            "duration_ms": ms_of(one.length, EPISODE_RATE_HZ),
            "sha256": hashlib.sha256(payload).hexdigest(),
        }

    def _write_manifest(self, archive: zipfile.ZipFile, entries: dict[str, dict[str, Any]]) -> None:
        silent = {"file": None, "duration_ms": 0, "sha256": None}
        listed = [
            {
                "id": beat.id,
                "number": beat.number,
                "name": beat.name,
                "character": ", ".join(beat.characters),
                "characters": list(beat.characters),
                "text": beat.text,
                "trailing_pause_ms": beat.trailing_pause_ms,
                "take": beat.take,
                "settings": dict(beat.settings),
                **entries.get(beat.id, silent),
            }
            for beat in self.beats
        ]
        manifest = {
            "title": self.title,
            "project": self.project,
            "codec": self.codec,
            "rate_hz": EPISODE_RATE_HZ,
            "beats": listed,
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
        archive.writestr(_entry("manifest.json"), text.encode(errors="replace"), zipfile.ZIP_DEFLATED)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _NO_DATE)
    entry.external_attr = 0o644 << 16
    return entry
