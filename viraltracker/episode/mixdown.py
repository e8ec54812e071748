"""A timeline becomes a mastered MP3: two streamed passes, one ffmpeg, then a look at what really came out.

Pass 1 measures the mix, pass 2 plays it again through gain and limiter into the encoder. Memory doesn't grow
with the episode. Knows nothing about sessions, picks or where audio is kept.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from viraltracker.audio import EPISODE_RATE_HZ, Floats, Limited, Limiter
from viraltracker.episode.checking import Checked, check
from viraltracker.episode.cover import cover_format
from viraltracker.episode.encoder import Encoder, Encoding, find_encoder
from viraltracker.episode.files import finished_file
from viraltracker.episode.mixing import windows
from viraltracker.episode.model import (
    KBITS,
    MONO,
    TOLERANCE_LU,
    Master,
    Report,
    Stage,
    Tags,
    Target,
    Timeline,
)
from viraltracker.episode.mp3 import lame_drop_db, mp3_arguments
from viraltracker.episode.survey import Gain, Survey
from viraltracker.episode.tagging import mend_contents
from viraltracker.episode.working import Watch, ahead, in_thread
from viraltracker.errors import BadAudio, BadInput, EncoderFailed
from viraltracker.units import db_to_gain, ms_of

__all__ = ["master"]

_HEADROOM_DB: Final = 0.5
"""How far under the ceiling the limiter works: MP3 adds 0.05 to 0.3 dB to the peaks of speech, measured."""
_MORE_HEADROOM_DB: Final = 0.1
_MOST_ATTEMPTS: Final = 3
_MP3_FRAME: Final = 1152
_BOTH_SIDES_LU: Final = 10 * math.log10(2)
"""The same signal on two channels is that much louder than on one."""

_LIMITED_AUDIBLY_DB: Final = 6.0
_RAISED_AUDIBLY_DB: Final = 30.0
_MEASURED, _ENCODED = 0.15, 0.85
"""Shares of the whole work's time after which these stages are done."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One encode: what was done, and what the decoded file measures."""

    number: int
    gain: Gain
    limited: Limited
    found: Checked


async def master(
    timeline: Timeline,
    sources: Mapping[str, Path],
    out: Path,
    *,
    tags: Tags,
    target: Target = MONO,
    encoder: Encoder | None = None,
    report: Report | None = None,
) -> Master:
    """Write the episode to `out` (replaced whole or not at all) and say what it measures.

    `sources` has an audio file for every clip's source. Runs in a thread; cancelling stops ffmpeg and leaves
    nothing behind. Raises `BadInput` for a target, cover or timeline that makes no file, `BadAudio` when
    there is nothing to hear or a source is damaged, `NotFound` for a missing source, `EncoderFailed` and
    `DiskFull`.
    """
    _refuse_nonsense(timeline, tags, target)

    def work(watch: Watch) -> Master:
        return _Mixdown(timeline, sources, tags, target, encoder or find_encoder()).write(out, watch)

    return await in_thread(work, report)


def _refuse_nonsense(timeline: Timeline, tags: Tags, target: Target) -> None:
    if not timeline.length:
        raise BadInput(
            "This episode is empty: no beat lasts any time. Write some beats and generate their takes."
        )
    if target.kbits not in KBITS or target.channels not in (1, 2):
        kbits = ", ".join(map(str, KBITS))
        raise BadInput(
            f"MP3 has no {target.kbits} kbit/s in {target.channels} channels. Choose 1 or 2, and {kbits}."
        )
    if not (-40 <= target.integrated_lufs <= -8 and -9 <= target.ceiling_dbtp <= 0):
        raise BadInput(
            f"{target.integrated_lufs:g} LUFS under {target.ceiling_dbtp:g} dBTP can't be made. Choose "
            "-40 to -8 LUFS and a ceiling of -9 to 0 dBTP."
        )
    if tags.cover is not None:
        cover_format(tags.cover)


@dataclass(frozen=True, slots=True)
class _Mixdown:
    timeline: Timeline
    sources: Mapping[str, Path]
    tags: Tags
    target: Target
    encoder: Encoder

    def write(self, out: Path, watch: Watch) -> Master:
        with finished_file(out) as draft, Survey() as survey:
            for window in self._mix(watch, "measuring", 0.0, _MEASURED):
                survey.feed(window)
            attempt = self._on_target(draft, survey, watch)
            mend_contents(draft)
            with draft.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                size = file.tell()
        watch("checking", 1.0)
        return self._receipt(out, digest, size, attempt)

    def _on_target(self, draft: Path, survey: Survey, watch: Watch) -> _Attempt:
        """Encode, decode, look; where it misses, correct by what was missed and encode again."""
        aim_lufs = self.target.integrated_lufs - (_BOTH_SIDES_LU if self.target.channels == 2 else 0.0)
        ceiling_dbtp = self.target.ceiling_dbtp - _HEADROOM_DB
        number = 1
        while True:
            gain = survey.gain_for(aim_lufs, ceiling_dbtp)
            if gain is None:
                raise BadAudio(
                    "There is nothing to hear in this episode: all of it is silent. Pick takes that speak."
                )
            limited = self._encode(draft, gain.gain_db, ceiling_dbtp, watch)
            found = self._checked(draft, watch)
            missing_lu = self.target.integrated_lufs - found.integrated_lufs
            above_db = found.true_peak_dbtp - self.target.ceiling_dbtp
            reachable = gain.integrated_lufs > aim_lufs - TOLERANCE_LU
            missed = above_db > 0 or (abs(missing_lu) > TOLERANCE_LU and reachable)
            if not missed or number == _MOST_ATTEMPTS:
                return _Attempt(number, gain, limited, found)
            number += 1
            aim_lufs += missing_lu if reachable else 0.0
            ceiling_dbtp -= above_db + _MORE_HEADROOM_DB if above_db > 0 else 0.0

    def _encode(self, draft: Path, gain_db: float, ceiling_dbtp: float, watch: Watch) -> Limited:
        lift_db = lame_drop_db(self.target.kbits)
        gain = np.float32(db_to_gain(gain_db + lift_db))
        limiter = Limiter(EPISODE_RATE_HZ, db_to_gain(ceiling_dbtp + lift_db))
        arguments = mp3_arguments(
            draft,
            channels=self.target.channels,
            kbits=self.target.kbits,
            tags=self.tags,
            chapters=self.timeline.chapters,
        )

        with Encoding(self.encoder, arguments, "encode the episode") as encoding:
            for window in self._mix(watch, "encoding", _MEASURED, _ENCODED):
                encoding.write(self._interleaved(limiter.feed(window * gain)), lambda: watch("encoding", 0.0))
            encoding.write(self._interleaved(limiter.finish()), lambda: watch("encoding", 0.0))
            encoding.finish(lambda: watch("encoding", 0.0))
        return limiter.report

    def _checked(self, draft: Path, watch: Watch) -> Checked:
        found = check(
            draft, self.timeline.length, lambda done: watch("checking", _ENCODED + (1 - _ENCODED) * done)
        )
        if abs(found.samples - self.timeline.length) > _MP3_FRAME:
            raise EncoderFailed(
                f"ffmpeg {self.encoder.version} made a file of {found.samples} samples instead of "
                f"{self.timeline.length}. Set another ffmpeg."
            )
        return found

    def _mix(self, watch: Watch, stage: Stage, begin: float, end: float) -> Iterator[Floats]:
        at = 0
        for window in ahead(windows(self.timeline, self.sources)):
            yield window
            at += len(window)
            watch(stage, begin + (end - begin) * at / self.timeline.length)

    def _interleaved(self, samples: Floats) -> memoryview:
        frames = np.repeat(samples, self.target.channels) if self.target.channels > 1 else samples
        return np.ascontiguousarray(frames, dtype="<f4").data

    def _receipt(self, out: Path, digest: str, size: int, attempt: _Attempt) -> Master:
        found = attempt.found
        return Master(
            path=out,
            sha256=digest,
            size_bytes=size,
            duration_ms=ms_of(found.samples, EPISODE_RATE_HZ),
            samples=found.samples,
            chapters=len(self.timeline.chapters),
            integrated_lufs=found.integrated_lufs,
            true_peak_dbtp=found.true_peak_dbtp,
            loudness_range_lu=found.loudness_range_lu,
            gain_db=attempt.gain.gain_db,
            limiter_percent=attempt.limited.percent,
            limiter_max_db=attempt.limited.most_db,
            curve_lufs=found.curve_lufs,
            curve_step_ms=found.curve_step_ms,
            waveform=found.waveform,
            encoder=f"ffmpeg {self.encoder.version}",
            attempts=attempt.number,
            notes=_notes(attempt, self.target),
        )


def _notes(attempt: _Attempt, target: Target) -> tuple[str, ...]:
    found, limited, gain_db = attempt.found, attempt.limited, attempt.gain.gain_db
    notes = []
    if abs(found.integrated_lufs - target.integrated_lufs) > TOLERANCE_LU:
        notes.append(
            f"The episode is at {found.integrated_lufs:.1f} LUFS instead of {target.integrated_lufs:g}: more "
            "gain needs more limiting than speech bears. Look for a click or a shout far above the rest."
        )
    if found.true_peak_dbtp > target.ceiling_dbtp:
        notes.append(
            f"Decoded, its true peak is {found.true_peak_dbtp:.2f} dBTP, above the ceiling of "
            f"{target.ceiling_dbtp:g}. Try a higher bit rate."
        )
    if limited.most_db > _LIMITED_AUDIBLY_DB:
        notes.append(
            f"The limiter took up to {limited.most_db:.1f} dB, {limited.percent:.1f} % of the time: some "
            "takes are much louder than the others. Lower them, or pick others."
        )
    if gain_db > _RAISED_AUDIBLY_DB:
        notes.append(f"The takes are very quiet: they and their noise were raised by {gain_db:.0f} dB.")
    return tuple(notes)
