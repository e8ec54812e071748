"""When a line ends. A model of speech doesn't always say so: some lines run on, stutter or fall silent.

Knows ids of frames, no audio. Of lines that run to the cap more than half the words are wrong, of lines that
end themselves a fortieth (measured by others on this model), so what is cut off here is worth another try.
"""

from collections.abc import Set
from typing import Final, Literal

__all__ = ["FRAMES_A_SECOND", "Ended", "Ending", "expected_frames", "most_frames"]

Ended = Literal["eos", "empty", "cap", "repeats", "silence"]
"""Why a line ended: it said so itself, at once; it was too long; it stuck; it fell silent."""

FRAMES_A_SECOND: Final = 12.5
_CHARACTERS_A_SECOND: Final = 14.0
_PAUSES_S: Final = {
    ",": 0.15,
    ";": 0.2,
    ":": 0.2,
    "—": 0.2,
    ".": 0.3,
    "!": 0.3,
    "?": 0.3,
    "…": 0.4,
    "\n": 0.3,
}
_PATIENCE: Final = 1.8
_LEAST_FRAMES: Final = 25
"""Two seconds: a slow "No." with breath before it."""

_STUCK_FRAMES: Final = 10
"""The same 0.8 s again and again is no held vowel: sampled codes differ even then."""
_LONGEST_CYCLE: Final = 4
_SILENT_FRAMES: Final = 15
_SILENT_START_FRAMES: Final = 25
_TAIL_FRAMES: Final = 2
"""What is left of the silence after the last word."""


def expected_frames(text: str) -> float:
    """About how many frames a text takes: 14 characters a second, and the pauses its punctuation asks for."""
    spoken_s = len(text.strip()) / _CHARACTERS_A_SECOND
    pauses_s = sum(_PAUSES_S.get(char, 0.0) for char in text.strip()[:-1])
    return (spoken_s + pauses_s) * FRAMES_A_SECOND


def most_frames(text: str) -> int:
    """Where a line of this text is cut off: at 1.8 times what it should take, and not below two seconds."""
    return max(_LEAST_FRAMES, round(expected_frames(text) * _PATIENCE))


class Ending:
    """Watches one attempt of a line, frame by frame.

    `silent`: ids of the first codebook that are silence. The frame that says the end is not part of the line.
    """

    def __init__(self, most_frames: int, silent: Set[int], eos_id: int = 0) -> None:
        self._most_frames, self._silent, self._eos_id = most_frames, silent, eos_id
        self._frames: list[tuple[int, ...]] = []
        self._stuck = [0] * (_LONGEST_CYCLE + 1)
        self._quiet = 0
        self.kept = 0
        """How many frames from the start on are worth keeping so far."""

    def feed(self, frame: tuple[int, ...]) -> Ended | None:
        """Take the next frame; why the line ended with it, or None."""
        # The last codebook is left out, as the model's own rule does.
        if all(code == self._eos_id for code in frame[:-1]):
            return "eos" if self._frames else "empty"
        self._frames.append(frame)
        cycle = self._cycle()
        self._quiet = self._quiet + 1 if frame[0] in self._silent else 0
        if cycle:
            self.kept = len(self._frames) - self._stuck[cycle]
            return "repeats"
        spoke = self._quiet < len(self._frames)
        unspoken = self._quiet - _TAIL_FRAMES if spoke else self._quiet
        if self._quiet >= (_SILENT_FRAMES if spoke else _SILENT_START_FRAMES):
            self.kept = len(self._frames) - unspoken
            return "silence"
        held_back = max(unspoken, *self._stuck[1:], 0)
        self.kept = max(self.kept, len(self._frames) - held_back)
        if len(self._frames) >= self._most_frames:
            return "cap"
        return None

    def _cycle(self) -> int:
        """The length of a cycle of whole frames that has gone on for too long; 0: none."""
        for length in range(1, _LONGEST_CYCLE + 1):
            same = len(self._frames) > length and self._frames[-1] == self._frames[-1 - length]
            self._stuck[length] = self._stuck[length] + 1 if same else 0
        stuck = [length for length in range(1, _LONGEST_CYCLE + 1) if self._stuck[length] >= _STUCK_FRAMES]
        return stuck[0] if stuck else 0
