"""What a stored file is called and what it is, when a browser asks for it. Pure."""

import re
import unicodedata

__all__ = ["media_type", "safe_filename"]

_LONGEST = 120
_FORBIDDEN = re.compile(r'[\\/:*?"<>|]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)
_UNKNOWN = "application/octet-stream"


def media_type(head: bytes) -> str:
    """The content type by a file's first 12 bytes: FLAC, WAV, MP3, ZIP, else unknown (never played)."""
    if head.startswith(b"fLaC"):
        return "audio/flac"
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "audio/wav"
    if head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "audio/mpeg"  # an ID3 tag, or a frame header that says layer III
    if head.startswith(b"PK\x03\x04"):
        return "application/zip"
    return _UNKNOWN


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
