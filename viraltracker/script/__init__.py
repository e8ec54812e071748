"""ELS scripts: text in; beats, findings and statistics out.

Comes in: a producer's text (or a file's bytes) and the cast that may speak. Goes out: `Parsed` with a
`Script` when there is no error, findings with place and hint always; a tidy spelling, a comparison of two
versions, JSON, coloured lines for an editor, and parts short enough for an engine. Pure: reads no file, keeps
no state. May import `units` and `errors` only.
"""

from viraltracker.script.acting import ActingNote, Noted, with_notes
from viraltracker.script.codes import CODES, Code
from viraltracker.script.diff import BeatChange, ChangeKind, Diff, SettingName, diff
from viraltracker.script.format import format_script
from viraltracker.script.highlight import Piece, PieceKind, highlight
from viraltracker.script.model import (
    PACES,
    PAUSES_MS,
    AudioTag,
    Beat,
    Cast,
    CharacterStats,
    Diagnostic,
    Parsed,
    Script,
    Segment,
    Severity,
    Stats,
)
from viraltracker.script.parse import accepted, parse
from viraltracker.script.rewrite import beat_block, changed_lines, with_block
from viraltracker.script.source import SIZE_MAX
from viraltracker.script.split import split_spans, split_text
from viraltracker.script.stats import CHARACTERS_PER_S, SPEED_RANGE, measure
from viraltracker.script.wire import (
    beat_from_json,
    beat_to_json,
    diagnostic_to_json,
    stats_to_json,
    to_json,
)

__all__ = [
    "CHARACTERS_PER_S",
    "CODES",
    "PACES",
    "PAUSES_MS",
    "SIZE_MAX",
    "SPEED_RANGE",
    "ActingNote",
    "AudioTag",
    "Beat",
    "BeatChange",
    "Cast",
    "ChangeKind",
    "CharacterStats",
    "Code",
    "Diagnostic",
    "Diff",
    "Noted",
    "Parsed",
    "Piece",
    "PieceKind",
    "Script",
    "Segment",
    "SettingName",
    "Severity",
    "Stats",
    "accepted",
    "beat_block",
    "beat_from_json",
    "beat_to_json",
    "changed_lines",
    "diagnostic_to_json",
    "diff",
    "format_script",
    "highlight",
    "measure",
    "parse",
    "split_spans",
    "split_text",
    "stats_to_json",
    "to_json",
    "with_block",
    "with_notes",
]
