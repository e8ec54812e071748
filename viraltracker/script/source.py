"""Bytes or text in, lines out: encoding, size, line ends, and the characters a script may not hold.

Lines end at LF, CR and CRLF and nowhere else; `str.splitlines` would also break at form feeds and U+2028.
"""

import re

from viraltracker.script.model import Diagnostic
from viraltracker.script.report import BIDI, CONTROL, Report

__all__ = ["SIZE_MAX", "check_characters", "decode", "split_lines"]

SIZE_MAX = 2 * 1024 * 1024
"""The most bytes of UTF-8 a script may have."""

_POINTS_SHOWN = 3
_SURROGATE = re.compile("[\ud800-\udfff]")


def split_lines(text: str) -> list[str]:
    """The lines of a text without their ends; a text that ends with a line end has an empty last line."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def decode(source: str | bytes) -> str | Diagnostic:
    """The text of a script without its BOM, or the one finding that keeps it from being read at all.

    Text that can't be written as UTF-8 (half a surrogate pair) is refused as bytes that are not UTF-8 are: it
    could neither be stored nor sent to an engine.
    """
    size = len(source) if isinstance(source, bytes) else _utf8_size(source)
    if size > SIZE_MAX:
        message = (
            f"The script has {size / 1048576:.1f} MiB; 2 MiB is the most. Split it into several episodes."
        )
        return Diagnostic("too-large", "error", 1, 1, message, length=0)
    if isinstance(source, str):
        wrong = _SURROGATE.search(source)
        if wrong is None:
            return source.lstrip("\ufeff")
        before = source[: wrong.start()]
        offset = len(before.encode("utf-8"))
        return _not_utf8(before, offset, f"the half character U+{ord(wrong.group()):04X}")
    try:
        return source.decode("utf-8").lstrip("\ufeff")
    except UnicodeDecodeError as error:
        before = source[: error.start].decode("utf-8")
        return _not_utf8(before, error.start, f"the byte 0x{source[error.start]:02X}")


def check_characters(lines: list[str], report: Report) -> None:
    """Reports each run of control characters (errors) and of bidirectional controls (warnings)."""
    text = "\n".join(lines)
    for pattern, code in ((CONTROL, "control-character"), (BIDI, "bidi-control")):
        if pattern.search(text) is None:
            continue
        told: dict[str, str] = {}
        number, begins, ends = 1, 0, len(lines[0])
        for run in pattern.finditer(text):
            at, found = run.start(), run.group()
            while at > ends:
                begins = ends + 1
                ends = begins + len(lines[number])
                number += 1
            message = told.get(found)
            if message is None:
                message = told[found] = _told(code, found)
            report.add(code, number, at - begins + 1, len(found), message, "delete it", "")


def _told(code: str, run: str) -> str:
    points = ", ".join(f"U+{ord(character):04X}" for character in run[:_POINTS_SHOWN])
    if len(run) > _POINTS_SHOWN:
        points = f"{points} and {len(run) - _POINTS_SHOWN} more"
    if code == "control-character":
        return f"A control character that can't be spoken or stored: {points}."
    return f"An invisible character that changes the writing direction: {points}. It is kept."


def _utf8_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _not_utf8(before: str, offset: int, what: str) -> Diagnostic:
    lines = split_lines(before.lstrip("\ufeff"))
    message = (
        f"The file is not UTF-8: {what} at offset {offset} can't be read. Save it as UTF-8 and try again."
    )
    return Diagnostic("not-utf8", "error", len(lines), len(lines[-1]) + 1, message)
