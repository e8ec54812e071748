"""The nouns of an episode: what is laid out, what is made of it, and what was measured.

Positions and lengths are samples at `EPISODE_RATE_HZ` unless the name says otherwise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from viraltracker.audio import EPISODE_RATE_HZ
from viraltracker.units import Dbtp, Lufs, Ms, Samples, ms_of

__all__ = [
    "KBITS",
    "MONO",
    "STEREO",
    "TOLERANCE_LU",
    "Chapter",
    "Codec",
    "EpisodeBeat",
    "HandOff",
    "HandOffBeat",
    "Master",
    "PlacedClip",
    "Progress",
    "Report",
    "Stage",
    "Tags",
    "Target",
    "Timeline",
]

KBITS: Final = (64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
"""Constant bit rates of MP3 that an episode may have, in kbit/s."""

TOLERANCE_LU: Final = 0.3
"""How far from its target a finished file may be."""

_NONE: Final = Samples(0)


@dataclass(frozen=True, slots=True)
class EpisodeBeat:
    """A beat as an episode needs it. `take_length` is the picked take's audio; None: nothing is said.

    The take's audio holds the beat's leading and inner pauses; `trailing_pause_ms` follows it.
    """

    id: str
    number: int
    name: str
    characters: tuple[str, ...]
    trailing_pause_ms: int
    take_length: Samples | None
    gain_db: float = 0.0


@dataclass(frozen=True, slots=True)
class PlacedClip:
    """A stretch of a source at a place: `length` samples from `offset` on, heard from `start` on.

    Clips may overlap (they add up), repeat a source, and carry their own gain and fades, so speech over
    speech and a bed under it are clips like all others.
    """

    source: str
    start: Samples
    length: Samples
    offset: Samples = _NONE
    gain_db: float = 0.0
    fade_in: Samples = _NONE
    fade_out: Samples = _NONE

    @property
    def end(self) -> Samples:
        """The first sample after it."""
        return Samples(self.start + self.length)


@dataclass(frozen=True, slots=True)
class Chapter:
    """A beat's place in the finished file, its trailing pause included."""

    beat_id: str
    number: int
    title: str
    characters: tuple[str, ...]
    start_ms: Ms
    end_ms: Ms


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything that is heard, where, for how long: clips by start, chapters in order, the whole length."""

    clips: tuple[PlacedClip, ...]
    chapters: tuple[Chapter, ...]
    length: Samples

    @property
    def duration_ms(self) -> Ms:
        """Length in milliseconds, rounded half up."""
        return ms_of(self.length, EPISODE_RATE_HZ)


@dataclass(frozen=True, slots=True)
class Target:
    """What a file shall be: channels (2: the same on both sides), bit rate, loudness, highest true peak."""

    channels: Literal[1, 2] = 1
    kbits: int = 128
    integrated_lufs: float = -19.0
    ceiling_dbtp: float = -1.0


MONO: Final = Target()
"""Speech alone."""
STEREO: Final = Target(channels=2, kbits=192, integrated_lufs=-16.0)
"""What most podcast directories ask for; as loud to the ear as `MONO`."""


@dataclass(frozen=True, slots=True)
class Tags:
    """What the file says about itself. `cover` is a JPEG or PNG picture's bytes."""

    title: str
    show: str = ""
    cover: bytes | None = None


@dataclass(frozen=True, slots=True)
class Master:
    """A finished episode and its receipt. All but the gain and the limiter was measured on the decoded file.

    `samples` is the decoded length; `curve_lufs` is short-term loudness (3 s, floor -70), one value each
    `curve_step_ms`, the first at 3 s; `waveform` holds up to 2,000 peaks of 0..255. `attempts` counts
    encodes. `notes` says in words what a producer should know; empty when all is on target.
    """

    path: Path
    sha256: str
    size_bytes: int
    duration_ms: Ms
    samples: Samples
    chapters: int
    integrated_lufs: Lufs
    true_peak_dbtp: Dbtp
    loudness_range_lu: float
    gain_db: float
    limiter_percent: float
    limiter_max_db: float
    curve_lufs: tuple[float, ...]
    curve_step_ms: int
    waveform: bytes
    encoder: str
    attempts: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HandOffBeat:
    """A beat as editors get it. `audio` is its take (FLAC, mono, `EPISODE_RATE_HZ`); None: nothing is said.

    `settings` goes into the manifest as it is: values that JSON can hold.
    """

    id: str
    number: int
    name: str
    characters: tuple[str, ...]
    text: str
    trailing_pause_ms: int
    audio: Path | None
    take: int | None = None
    settings: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HandOff:
    """The editors' ZIP. `files` counts the audio files in it."""

    path: Path
    sha256: str
    size_bytes: int
    files: int


Codec = Literal["mp3", "flac", "wav"]

Stage = Literal["measuring", "encoding", "checking", "packing"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a piece of work is: the stage, and 0..1 over all stages."""

    stage: Stage
    done: float


Report = Callable[[Progress], None]
"""Called on the event loop, at most about 200 times; must return at once."""
