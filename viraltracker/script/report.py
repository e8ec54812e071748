"""Where findings are gathered while a script is read. Knows how to quote a script's text safely, not what is
wrong.

Script text in a message is cut to a few words and stripped of characters that could rewrite a terminal or a
page.
"""

import re
from operator import attrgetter

from viraltracker.script.codes import CODES
from viraltracker.script.model import Diagnostic

__all__ = ["BIDI", "CONTROL", "Report", "quoted"]

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]+")
"""Unicode category Cc without tab, LF and CR."""
BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
"""Unicode property Bidi_Control."""

_QUOTED_MAX = 48


def quoted(text: str) -> str:
    """Script text as a message shows it: in double quotes, short, and harmless on a terminal."""
    short = text if len(text) <= _QUOTED_MAX else text[: _QUOTED_MAX - 1] + "…"
    if short.isprintable():
        return f'"{short}"'
    return '"' + BIDI.sub("\ufffd", CONTROL.sub("\ufffd", short)) + '"'


class Report:
    """The findings of one reading, in the order they came up."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []

    def add(
        self,
        code: str,
        line: int,
        column: int,
        length: int,
        message: str,
        hint: str | None = None,
        replacement: str | None = None,
    ) -> None:
        """Notes one finding; its severity is the code's."""
        severity = CODES[code].severity
        self._found.append(Diagnostic(code, severity, line, column, message, hint, length, replacement))

    def sorted(self) -> tuple[Diagnostic, ...]:
        """All findings by place in the text; those of one place in the order they came up."""
        return tuple(sorted(self._found, key=attrgetter("line", "column")))
