"""A timeline as sound, window by window: opens what is heard, adds it up, closes it, in constant memory."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import numpy as np

from viraltracker.audio import BLOCK, EPISODE_RATE_HZ, ClipReader, Floats, faded
from viraltracker.episode.model import PlacedClip, Timeline
from viraltracker.errors import BadAudio, NotFound
from viraltracker.units import db_to_gain

__all__ = ["WINDOW", "windows"]

WINDOW: Final = 70 * BLOCK * 40
"""Samples at a time: 4 s, whole blocks and whole 100 ms steps. Larger ones leave the processor's cache."""


def windows(timeline: Timeline, sources: Mapping[str, Path]) -> Generator[Floats]:
    """The mix from its first sample to its last, mono, in `WINDOW`s (the last one shorter).

    Raises `NotFound` for a clip without a source, `BadAudio` for a source that isn't what the timeline says.
    """
    coming = iter(sorted(timeline.clips, key=lambda clip: clip.start))
    ahead = next(coming, None)
    playing: list[_Playing] = []
    with ExitStack() as stack:
        stack.callback(_close, playing)
        for start in range(0, timeline.length, WINDOW):
            end = min(start + WINDOW, timeline.length)
            while ahead is not None and ahead.start < end:
                playing.append(_Playing(ahead, sources))
                ahead = next(coming, None)
            mix = np.zeros(end - start, dtype=np.float32)
            for one in playing:
                one.add_to(mix, start)
            yield mix
            for one in [one for one in playing if one.clip.end <= end]:
                one.reader.close()
                playing.remove(one)


def _close(playing: Sequence["_Playing"]) -> None:
    for one in playing:
        one.reader.close()


class _Playing:
    """A clip that is heard now, and its open file."""

    def __init__(self, clip: PlacedClip, sources: Mapping[str, Path]) -> None:
        if clip.source not in sources:
            raise NotFound(f"{clip.source} has no audio file here. Pick a take for it, or leave it out.")
        self.clip = clip
        self.reader = ClipReader(sources[clip.source])
        self._gain = np.float32(db_to_gain(clip.gain_db))
        if self.reader.rate_hz != EPISODE_RATE_HZ or self.reader.length < clip.offset + clip.length:
            self.reader.close()
            raise BadAudio(
                f"{clip.source}: its audio has {self.reader.length} samples at {self.reader.rate_hz} Hz, the "
                f"episode wants {clip.offset + clip.length} at {EPISODE_RATE_HZ} Hz. Generate it again."
            )

    def add_to(self, mix: Floats, start: int) -> None:
        """Add what is heard of this clip in the window that begins at `start`."""
        clip = self.clip
        begin, end = max(clip.start, start), min(clip.end, start + len(mix))
        if begin >= end:
            return
        part = self.reader.read(clip.offset + begin - clip.start, end - begin)
        part = faded(part, begin - clip.start, clip.length, clip.fade_in, clip.fade_out)
        mix[begin - start : end - start] += part if self._gain == 1.0 else part * self._gain
