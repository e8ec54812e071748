"""Pieces of text become sentences that can be spoken before the rest is there. Pure."""

import re
from typing import Final

__all__ = ["Sentences"]

# After a sentence's end there is a blank: 3.5 and example.org go on. A new line ends one as well.
_END = re.compile(r"(?<=[.!?…。！？])[\"'”’»)\]]*\s+|\n+")
_LONGEST: Final = 400
"""Characters without an end after which a blank is taken for one: first audio doesn't wait for a novel."""


class Sentences:
    """One line's text as it comes in."""

    def __init__(self) -> None:
        self._open = ""

    @property
    def length(self) -> int:
        """Characters that wait for the end of their sentence."""
        return len(self._open)

    def feed(self, text: str) -> list[str]:
        """More of the line; the sentences that have ended, without blanks around them."""
        self._open += text
        done, start = [], 0
        for end in _END.finditer(self._open):
            done.append(self._open[start : end.end()])
            start = end.end()
        self._open = self._open[start:]
        while len(self._open) > _LONGEST and (cut := self._open.rfind(" ", 0, _LONGEST)) > 0:
            done.append(self._open[:cut])
            self._open = self._open[cut:]
        return [sentence for piece in done if (sentence := piece.strip())]

    def finish(self) -> str:
        """The line is over: what is left of it, perhaps nothing."""
        rest, self._open = self._open.strip(), ""
        return rest
