"""What an MP3 says about itself: title, show and chapters as ffmpeg reads them, and contents that fit.

Sources: ffmpeg's metadata format (ffmpeg-formats, "Metadata"), ID3v2.3, ID3v2 chapter frame addendum 1.0.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from viraltracker.episode.model import Chapter, Tags

__all__ = ["PADDING_BYTES", "ffmetadata", "mend_contents", "plain_text"]

PADDING_BYTES: Final = 4096
"""Room behind the tag's frames, so that the table of contents can be mended in place."""

_MOST_ENTRIES: Final = 255
"""A table of contents counts its entries in one byte."""
_LONGEST_TEXT: Final = 500


def plain_text(text: str) -> str:
    """One line without control, direction or private characters, so that no player can be led astray."""
    kept = "".join(" " if c.isspace() else c for c in unicodedata.normalize("NFC", text) if _shows(c))
    return " ".join(kept.split())[:_LONGEST_TEXT]


def ffmetadata(tags: Tags, chapters: Sequence[Chapter]) -> str:
    """A file that ffmpeg reads as `-f ffmetadata`: global tags, then one chapter after the other, in ms."""
    lines = [";FFMETADATA1", f"title={_escaped(tags.title)}"]
    if plain_text(tags.show):
        lines += [f"artist={_escaped(tags.show)}", f"album={_escaped(tags.show)}"]
    for chapter in chapters:
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={chapter.start_ms}", f"END={chapter.end_ms}"]
        lines.append(f"title={_escaped(chapter.title)}")
    return "\n".join(lines) + "\n"


def mend_contents(path: Path) -> None:
    """Split the table of contents where the file has more chapters than one can hold.

    ffmpeg (5.1 and 9.0 alike) writes the number of chapters modulo 256: of 300 beats a player would list 44.
    The entries move into tables of up to 255 below a root, as the addendum provides; the length stays.
    """
    with path.open("r+b") as file:
        header = file.read(10)
        if header[:3] != b"ID3" or header[3] not in (3, 4):
            return
        frames = file.read(_syncsafe(header[6:10]))
        mended = _with_split_contents(frames, header[3])
        if mended != frames:
            file.seek(10)
            file.write(mended)


def _with_split_contents(frames: bytes, version: int) -> bytes:
    kept: list[bytes] = []
    chapters: list[bytes] = []
    for name, frame in _frames(frames, version):
        if name == b"CHAP":
            chapters.append(frame[10:].partition(b"\0")[0])
        if name != b"CTOC":
            kept.append(frame)
    if len(chapters) <= _MOST_ENTRIES:
        return frames
    parts = [chapters[at : at + _MOST_ENTRIES] for at in range(0, len(chapters), _MOST_ENTRIES)]
    names = [b"toc%d" % number for number in range(1, len(parts) + 1)]
    kept.append(_contents(b"toc", b"\x03", names, version))
    kept += [_contents(name, b"\x01", part, version) for name, part in zip(names, parts, strict=True)]
    mended = b"".join(kept)
    return mended.ljust(len(frames), b"\0") if len(mended) <= len(frames) else frames


def _contents(name: bytes, flags: bytes, entries: Sequence[bytes], version: int) -> bytes:
    """A CTOC frame: its id, flags (1 ordered, 2 top level), and the ids of what it holds."""
    body = name + b"\0" + flags + bytes([len(entries)]) + b"".join(entry + b"\0" for entry in entries)
    size = len(body)
    if version == 4:
        size = sum((size >> 7 * place & 0x7F) << 8 * place for place in range(4))
    return b"CTOC" + size.to_bytes(4, "big") + b"\0\0" + body


def _frames(tag: bytes, version: int) -> Iterator[tuple[bytes, bytes]]:
    """Every frame's name and its bytes with the header, up to the padding."""
    at = 0
    while at + 10 <= len(tag) and tag[at]:
        size = (
            _syncsafe(tag[at + 4 : at + 8]) if version == 4 else int.from_bytes(tag[at + 4 : at + 8], "big")
        )
        yield tag[at : at + 4], tag[at : at + 10 + size]
        at += 10 + size


def _syncsafe(four: bytes) -> int:
    return four[0] << 21 | four[1] << 14 | four[2] << 7 | four[3]


def _escaped(text: str) -> str:
    # ffmpeg takes a backslash at a line's end for a continuation, even where it is escaped itself: a title
    # that ends in one would swallow the next line. A blank behind it keeps them apart.
    plain = plain_text(text)
    return re.sub(r"([=;#\\])", r"\\\1", plain) + (" " if plain.endswith("\\") else "")


def _shows(char: str) -> bool:
    return char.isspace() or not unicodedata.category(char).startswith("C")
