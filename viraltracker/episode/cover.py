"""Whether a picture can be an episode's cover, found from its own structure before any work starts.

Formats: PNG (ISO 15948: chunks), JPEG (ISO 10918-1: segments). Knows no pixels.
"""

from typing import Final

from viraltracker.errors import BadInput

__all__ = ["cover_format"]

_LARGEST_BYTES: Final = 8 << 20
_LONGEST_SIDE: Final = 10_000
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_JPEG_SIZES: Final = frozenset({0xC0, 0xC1, 0xC2})
"""The frame headers of baseline, extended and progressive pictures."""
_JPEG_SCAN: Final = 0xDA


def cover_format(cover: bytes) -> str:
    """ffmpeg's name for the picture's format. `BadInput` when it is no JPEG or PNG, cut off or too large."""
    if len(cover) > _LARGEST_BYTES:
        raise BadInput(f"The cover has {len(cover) >> 20} MB; up to {_LARGEST_BYTES >> 20} MB can be used.")
    if cover.startswith(_PNG):
        name, size = "png_pipe", _png_size(cover)
    elif cover.startswith(_JPEG):
        name, size = "jpeg_pipe", _jpeg_size(cover)
    else:
        raise BadInput("The cover is neither a JPEG nor a PNG picture. Save it as one of those.")
    if size is None:
        raise BadInput("The cover is damaged or cut off. Save it again.")
    if not (min(size) > 0 and max(size) <= _LONGEST_SIDE):
        raise BadInput(f"The cover is {size[0]} x {size[1]} pixels; up to {_LONGEST_SIDE} each can be used.")
    return name


def _png_size(cover: bytes) -> tuple[int, int] | None:
    """Width and height; None unless all chunks are there, the header first and the end last."""
    if cover[12:16] != b"IHDR":
        return None
    at = len(_PNG)
    while at + 12 <= len(cover):
        end = at + 12 + int.from_bytes(cover[at : at + 4], "big")
        if cover[at + 4 : at + 8] == b"IEND":
            return int.from_bytes(cover[16:20], "big"), int.from_bytes(cover[20:24], "big")
        at = end
    return None


def _jpeg_size(cover: bytes) -> tuple[int, int] | None:
    """Width and height; None unless a frame header stands before the scan and the end marker at the end."""
    size = None
    at = 2
    while at + 9 <= len(cover) and cover[at] == 0xFF:
        marker, length = cover[at + 1], int.from_bytes(cover[at + 2 : at + 4], "big")
        if marker in _JPEG_SIZES:
            size = (
                int.from_bytes(cover[at + 7 : at + 9], "big"),
                int.from_bytes(cover[at + 5 : at + 7], "big"),
            )
        if marker == _JPEG_SCAN:
            return size if b"\xff\xd9" in cover[at:] else None
        at += 2 + length
    return None
