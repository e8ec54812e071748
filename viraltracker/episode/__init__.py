"""Selected takes become an episode: a timeline (pure), the mastered MP3, and the editors' ZIP.

In: beats with the lengths and files of their picked takes. Out: files that are whole or not there, and their
receipts. May import takes, audio, units and errors; ffmpeg runs as a process of its own.
"""

from viraltracker.episode.encoder import Encoder, find_encoder
from viraltracker.episode.exports import Asked, Exports, unpicked
from viraltracker.episode.handoff import hand_off
from viraltracker.episode.mixdown import master
from viraltracker.episode.model import (
    KBITS,
    MONO,
    STEREO,
    TOLERANCE_LU,
    Chapter,
    Codec,
    EpisodeBeat,
    HandOff,
    HandOffBeat,
    Master,
    PlacedClip,
    Progress,
    Report,
    Stage,
    Tags,
    Target,
    Timeline,
)
from viraltracker.episode.names import archive_name, episode_name, safe_filename
from viraltracker.episode.publish import ExportBlobs, ExportMaker
from viraltracker.episode.timeline import EDGE_FADE_MS, lay_out

__all__ = [
    "EDGE_FADE_MS",
    "KBITS",
    "MONO",
    "STEREO",
    "TOLERANCE_LU",
    "Asked",
    "Chapter",
    "Codec",
    "Encoder",
    "EpisodeBeat",
    "ExportBlobs",
    "ExportMaker",
    "Exports",
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
    "archive_name",
    "episode_name",
    "find_encoder",
    "hand_off",
    "lay_out",
    "master",
    "safe_filename",
    "unpicked",
]
