"""How names are compared, and which known name a producer probably meant.

Two names are the same when they are equal after NFC, casefold, and taking space, `_` and `-` alike.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

from viraltracker.script.model import PACES, PAUSES_MS, Cast

__all__ = [
    "BLOCK_WORDS",
    "META_KEYS",
    "TAGS",
    "CastNames",
    "fold",
    "fold_tag",
    "nearest",
    "nearest_pace",
    "nearest_tag",
]

TAGS: Mapping[str, str] = MappingProxyType(
    {tag.lower(): tag for tag in ("CHARACTER", "DIRECTION", "PACE", "PAUSE", "STABILITY", "STYLE")}
)
"""Folded name -> the tag as it is written."""
BLOCK_WORDS: Mapping[str, str] = MappingProxyType(
    {"meta": "[META]", "beat": "[BEAT: id]", "end-beat": "[END_BEAT]"}
)
"""Folded word -> the block marker as it is written."""
META_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "video-title": "video_title",
        "project": "project",
        "default-character": "default_character",
        "default-pace": "default_pace",
    }
)
"""Folded key -> the key as it is written."""

_FOLDED_TAGS = {written: folded for folded, written in TAGS.items()}
_LONGEST_GUESS = 32  # longer words are never near a known one, and comparing them costs their square
_ALIKE = re.compile(r"[\s_-]")

# What producers write who think of another tool; spelling alone would not lead them home.
_TAG_WORDS = {
    **dict.fromkeys(("speed", "tempo", "rate"), "pace"),
    **dict.fromkeys(("voice", "speaker", "char", "who", "actor"), "character"),
    **dict.fromkeys(("emotion", "tone", "mood", "note", "dir", "acting"), "direction"),
    **dict.fromkeys(("wait", "break", "silence", "delay", "gap"), "pause"),
}
_PACE_WORDS = {
    **dict.fromkeys(("brisk", "quickly"), "quick"),
    **dict.fromkeys(("rapid", "speedy", "faster"), "fast"),
    **dict.fromkeys(("slower", "slowly"), "slow"),
    **dict.fromkeys(("measured", "calm"), "deliberate"),
    **dict.fromkeys(("medium", "default", "regular"), "normal"),
    **dict.fromkeys(("frantic", "chaotic"), "chaos"),
}


def fold(name: str) -> str:
    """A name as it is compared; `Every Coon` and `every_coon` fold alike."""
    name = name.strip()
    if not name.isascii():
        name = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return _ALIKE.sub("-", name.casefold())


def fold_tag(name: str) -> str:
    """`fold` for a tag's name, which is nearly always written as it should be."""
    return _FOLDED_TAGS.get(name) or fold(name)


class CastNames:
    """A cast that can be asked who is meant by a name in a script."""

    def __init__(self, cast: Cast) -> None:
        self._ids = {fold(name): character for name, character in cast.names.items()}
        self._ids.update((fold(character), character) for character in cast.ids)
        self.listed = ", ".join(cast.ids)
        self.default = self._ids.get(fold(cast.default))

    def find(self, name: str) -> str | None:
        """The canonical id of the character who goes by this name."""
        return self._ids.get(name) or self._ids.get(fold(name))

    def guess(self, name: str) -> str | None:
        """The canonical id of the character whose name is nearest to this one, if any is near."""
        near = nearest(fold(name), self._ids)
        return None if near is None else self._ids[near]


def nearest_tag(folded: str) -> str | None:
    """The tag or block word (folded) that an unknown tag name probably means."""
    return _TAG_WORDS.get(folded) or nearest(folded, (*TAGS, *BLOCK_WORDS))


def nearest_pace(folded: str) -> str | None:
    """The pace that an unknown one probably means."""
    return _PACE_WORDS.get(folded) or nearest(folded, PACES) or ("normal" if folded in PAUSES_MS else None)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The first of the known words that fewest slips of the pen part from this one.

    At most a third of its letters and three of them may be wrong.
    """
    return _nearest(word, tuple(known)) if 1 < len(word) <= _LONGEST_GUESS else None


# Who slips once slips again: a script repeats its misspelt names on line after line.
@lru_cache(maxsize=1024)
def _nearest(word: str, known: tuple[str, ...]) -> str | None:
    best, best_slips = None, min(3, max(1, len(word) // 3)) + 1
    letters = set(word)
    for candidate in known:
        # Two tests that cost next to nothing keep a script with 100,000 unknown names fast.
        if (
            abs(len(candidate) - len(word)) >= best_slips
            or len(letters ^ _letters(candidate)) > 2 * best_slips
        ):
            continue
        slips = _slips(word, candidate)
        if slips < best_slips:
            best, best_slips = candidate, slips
    return best


@lru_cache(maxsize=1024)
def _letters(known: str) -> frozenset[str]:
    return frozenset(known)


def _slips(one: str, other: str) -> int:
    """Insertions, deletions, replacements and swaps of neighbours between two short words."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        two_before, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, two_before[j - 2] + 1)
            row.append(cost)
    return row[-1]
