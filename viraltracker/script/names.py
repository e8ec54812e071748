"""How names are compared, and the names that mean something in every script.

Two names are the same when they are equal after NFC, casefold, and taking space, `_` and `-` alike.
"""

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

__all__ = [
    "BLOCK_WORDS",
    "META_KEYS",
    "TAGS",
    "fold",
    "fold_tag",
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
# Nothing has a longer name, and putting a heap of combining marks in order costs the square of its length.
_NAME_MAX = 1000
_ALIKE = re.compile(r"[\s_-]")


def fold(name: str) -> str:
    """A name as it is compared; `Every Coon` and `every_coon` fold alike."""
    name = name.strip()
    if name.isascii():
        name = name.lower()
        return name if name.isalnum() else _ALIKE.sub("-", name)
    if len(name) > _NAME_MAX:
        return name
    name = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return _ALIKE.sub("-", name.casefold())


def fold_tag(name: str) -> str:
    """`fold` for a tag's name, which is nearly always written as it should be."""
    return _FOLDED_TAGS.get(name) or fold(name)
