"""What a live stream is sent: pieces of lines become sentences to speak. Pure; state is one stream's."""

from dataclasses import dataclass, field, replace
from typing import Final

from viraltracker.errors import TextTooLong, TryLater
from viraltracker.worker.model import LINE_CHARS, Line
from viraltracker.worker.sentences import Sentences

__all__ = ["Intake", "Piece", "Sentence"]

_WAITING_CHARS: Final = 20_000
"""Some twenty minutes of speech: who sends more at once won't hear it in this generation."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that came in. `voice`: how it shall be spoken; its text is not looked at."""

    generation: int
    line: int
    text: str
    end_of_line: bool
    voice: Line


@dataclass(frozen=True, slots=True)
class Sentence:
    """What can be spoken now. `spoken.text` may be empty where a line ends without any."""

    generation: int
    line: int
    spoken: Line
    end_of_line: bool
    came_s: float


@dataclass(slots=True)
class _Open:
    """A line whose end has not come."""

    first: Piece
    came_s: float
    chars: int = 0
    sentences: Sentences = field(default_factory=Sentences)


class Intake:
    """Cuts what comes in into sentences."""

    def __init__(self, most_chars: int = LINE_CHARS) -> None:
        self._most_chars = most_chars
        self._open: _Open | None = None

    def feed(self, piece: Piece, now_s: float, waiting_chars: int) -> list[Sentence]:
        """The sentences that are whole now; another line's number ends the line before.

        `waiting_chars`: text that was given out and is not spoken yet. Raises `TextTooLong`, `TryLater`.
        """
        ended = self.finish() if self._open is not None and self._open.first.line != piece.line else []
        line = self._open = self._open or _Open(piece, now_s)
        line.chars += len(piece.text)
        if line.chars > self._most_chars:
            raise TextTooLong(
                f"A line has more than {self._most_chars} characters. End it and begin another.", field="text"
            )
        if waiting_chars + len(piece.text) > _WAITING_CHARS:
            raise TryLater("More text waits than will be spoken soon. Send on when some was heard.")
        whole = [_sentence(line, text, end=False) for text in line.sentences.feed(piece.text)]
        return [*ended, *whole, *(self.finish() if piece.end_of_line else [])]

    def finish(self) -> list[Sentence]:
        """End the open line, if there is one."""
        line, self._open = self._open, None
        return [] if line is None else [_sentence(line, line.sentences.finish(), end=True)]

    def drop(self) -> None:
        """Forget the open line."""
        self._open = None


def _sentence(line: _Open, text: str, end: bool) -> Sentence:
    spoken = replace(line.first.voice, text=text)
    return Sentence(line.first.generation, line.first.line, spoken, end, line.came_s)
