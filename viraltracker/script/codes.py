"""Every finding a script can have: its stable code, its severity and what it means. The one table of them.

Pages, tests and the command line may rely on a code for ever; messages may be reworded. Knows no text and no
parser.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from viraltracker.script.model import Severity

__all__ = ["CODES", "SEVERITIES", "Code"]


class Code(NamedTuple):
    """A finding's severity, and its meaning in one sentence."""

    severity: Severity
    meaning: str


_ERRORS = {
    "not-utf8": "The file holds bytes that are not UTF-8; reading stops there.",
    "too-large": "The script is over 2 MiB; nothing of it was read.",
    "control-character": "A control character other than tab and line ends.",
    "no-meta": "There is no [META] block.",
    "second-meta": "There is more than one [META] block.",
    "no-beat": "There is no [BEAT: id].",
    "missing-name": "A beat's header has no name, or an empty one.",
    "missing-dashes": "A beat's header does not end with a line of three dashes.",
    "missing-end-beat": "A beat is still open at the end of the script.",
    "beat-inside-beat": "A [BEAT: id] stands inside another beat.",
    "beat-line-text": "Something else stands on a [BEAT: id] line.",
    "header-line": "A line between [BEAT: id] and --- is not the name.",
    "end-without-beat": "An [END_BEAT] closes nothing.",
    "bad-id": "A beat's id is empty, too long, or has characters an id can't have.",
    "repeated-id": "Two beats have the same id.",
    "unknown-character": "A name that is not in the cast, in a tag or in META.",
    "unknown-pace": "A pace that does not exist, in a tag or in META.",
    "bad-pause": "A PAUSE that can't be read or is over 10 s.",
    "bad-stability": "A STABILITY that can't be read or is not between 0 and 1.",
    "bad-style": "A STYLE that can't be read or is not between 0 and 1.",
}

_WARNINGS = {
    "bidi-control": "An invisible character that changes the direction of the writing; it is kept.",
    "repeated-key": "A META key that was there before; the last one counts.",
    "unknown-key": "A META key that means nothing here.",
    "key-without-colon": "A META line that is not `key: value`.",
    "meta-after-beat": "[META] stands after a beat; it still applies to all beats.",
    "outside-text": "Text outside the blocks; it is not spoken.",
    "unclosed-bracket": "A [ without its ]; it is spoken.",
    "tag-without-value": "A known tag's name without `: value`; it is not spoken.",
    "unknown-tag": "A `[NAME: value]` with a name that is no tag; it is not spoken.",
    "no-title": "META has no video_title.",
    "no-project": "META has no project.",
    "silent-beat": "A beat with nothing to say; it becomes silence.",
    "long-line": "A line with over 500 spoken characters.",
    "many-beats": "More than 50 beats.",
}

CODES: Mapping[str, Code] = MappingProxyType(
    {code: Code("error", meaning) for code, meaning in _ERRORS.items()}
    | {code: Code("warning", meaning) for code, meaning in _WARNINGS.items()}
)
"""Code -> severity and meaning."""
SEVERITIES: Mapping[str, Severity] = {code: each.severity for code, each in CODES.items()}
"""Code -> severity."""
