"""Where findings are gathered while a script is read. Knows how to quote a script's text safely, not what is
wrong.

Script text in a message is cut to a few words and stripped of characters that could rewrite a terminal or a
page.
"""

import re
from operator import itemgetter

from viraltracker.script.codes import SEVERITIES
from viraltracker.script.findings import COLUMN_BITS, Findings, Row
from viraltracker.script.guesses import Guesses

__all__ = ["BIDI", "CONTROL", "Report", "quoted"]

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]+")
"""Unicode category Cc without tab, LF and CR."""
BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
"""Unicode property Bidi_Control."""

_QUOTED_MAX = 48
_NO_MORE_GUESSES = "from here on no spelling is suggested, there are too many misspelt words"


def quoted(text: str) -> str:
    """Script text as a message shows it: in double quotes, short, and harmless on a terminal."""
    short = text if len(text) <= _QUOTED_MAX else text[: _QUOTED_MAX - 1] + "…"
    if short.isprintable():
        return f'"{short}"'
    return '"' + BIDI.sub("\ufffd", CONTROL.sub("\ufffd", short)) + '"'


class Report:
    """The findings of one reading, in the order they came up, and the guesses for their hints."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._unguessed_from: int | None = None
        self.guesses = Guesses(self._guessed_last)

    @property
    def refuses(self) -> bool:
        """Whether there is an error among the findings."""
        return any(SEVERITIES[code] == "error" for code in {row[1] for row in self._rows})

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
        self._rows.append((line << COLUMN_BITS | column, code, message, hint, length, replacement))

    def sorted(self) -> Findings:
        """All findings by place in the text; those of one place in the order they came up.

        The first one behind the last guess says that it was the last.
        """
        if self._unguessed_from is not None and self._unguessed_from < len(self._rows):
            place, code, message, hint, length, replacement = self._rows[self._unguessed_from]
            hint = f"{hint}; {_NO_MORE_GUESSES}" if hint else _NO_MORE_GUESSES
            self._rows[self._unguessed_from] = (place, code, message, hint, length, replacement)
            self._unguessed_from = None
        self._rows.sort(key=itemgetter(0))
        return Findings(self._rows)

    def _guessed_last(self) -> None:
        self._unguessed_from = len(self._rows)
