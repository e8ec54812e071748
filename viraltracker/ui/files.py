"""What a stored file is called and what it is, when a browser asks for it. Pure."""

import re
import unicodedata

__all__ = ["safe_filename"]

_LONGEST = 120
_FORBIDDEN = re.compile(r'[\\/:*?"<>|]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)


def safe_filename(name: str, fallback: str = "download") -> str:
    """`name` as a file may be called on any system: no paths, control or direction marks, reserved names."""
    text = unicodedata.normalize("NFC", name)
    text = "".join(letter for letter in text if unicodedata.category(letter)[0] not in "C")
    text = _FORBIDDEN.sub("-", text).strip(" .")
    stem, dot, ending = text.rpartition(".")
    if dot and len(ending) <= 8:
        text = stem[: _LONGEST - len(ending) - 1].rstrip(" .") + dot + ending
    text = text[:_LONGEST].strip(" .")
    if not text or _RESERVED.match(text):
        return f"{fallback}-{text}".rstrip("-")
    return text
