"""File names from what people write: readable, and safe on every system."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

__all__ = ["archive_name", "beat_names", "episode_name", "safe_filename"]

_MOST_BYTES: Final = 120
_FORBIDDEN: Final = re.compile(r'[\s/\\:*?"<>|_]+')
_BEAT_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


def episode_name(title: str) -> str:
    """`My Show: One` -> `My_Show_One.mp3`."""
    return safe_filename(title, ".mp3")


def archive_name(title: str) -> str:
    """`My Show: One` -> `My_Show_One_audio.zip`."""
    return safe_filename(title, "_audio.zip")


def beat_names(ids: Sequence[str], suffix: str) -> list[str]:
    """`<beat id><suffix>` for each, changed only where a system couldn't hold it beside the others.

    That is a name Windows reserves, one that differs from another's by case alone, or no beat id at all.
    """
    taken: set[str] = set()
    names = []
    for beat_id in ids:
        stem = beat_id if _BEAT_ID.fullmatch(beat_id) else safe_filename(beat_id, fallback="beat")
        if _RESERVED.fullmatch(stem):
            stem = f"beat_{stem}"
        name, turn = stem, 1
        while name.casefold() in taken:
            turn += 1
            name = f"{stem}~{turn}"
        taken.add(name.casefold())
        names.append(name + suffix)
    return names


def safe_filename(title: str, suffix: str = "", *, fallback: str = "episode") -> str:
    """A title as a file name that every system takes: readable, one part, at most 120 bytes with its suffix.

    Blanks and separators become `_`; control and direction characters go; nothing is hidden, reserved by
    Windows, or looks like an option. A title that leaves nothing becomes `fallback`.
    """
    shown = "".join(
        c for c in unicodedata.normalize("NFC", title) if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    name = _FORBIDDEN.sub("_", shown).strip("_.-")
    room = _MOST_BYTES - len(suffix.encode())
    name = name.encode()[:room].decode(errors="ignore").strip("_.-")
    if not name:
        name = fallback
    if _RESERVED.fullmatch(name):
        name = f"{fallback}_{name}"
    return name + suffix
