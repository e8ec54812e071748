"""What a render stream is told of a scene ahead of a line: pieces become the turns that the voice hears."""

import math
from typing import Final

import numpy as np

from viraltracker.audio import Clip, from_pcm16
from viraltracker.errors import Refused
from viraltracker.speech import MOST_CONTINUITY_S, Turn
from viraltracker.speech.rpc import tts_pb2 as wire
from viraltracker.worker.model import LINE_CHARS

__all__ = ["Scene"]

_SLOWEST, _QUICKEST = 0.25, 4.0
_MOST_S: Final = MOST_CONTINUITY_S / _SLOWEST
"""As it is sent: at the slowest speed the longest that can be heard."""


class Scene:
    """Gathers the turns of one stream at its rate, until a line takes them."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._turns: list[tuple[str, float, bytearray]] = []
        self._bytes = 0

    def feed(self, piece: wire.Before) -> None:
        """Take the next piece. Raises `Refused` for what is no turn, or more than can be heard."""
        speed = piece.speed or 1.0
        if len(piece.text) > LINE_CHARS or not (math.isfinite(speed) and _SLOWEST <= speed <= _QUICKEST):
            raise _refused("a turn has words, and a speed of 0.25 to 4")
        self._bytes += len(piece.pcm)
        if len(piece.pcm) % 2 or self._bytes > _MOST_S * self._rate_hz * 2:
            raise _refused(f"whole samples, and no more than {MOST_CONTINUITY_S:g} s can be heard")
        if piece.text.strip():
            self._turns.append((piece.text, speed, bytearray()))
        if not self._turns:
            raise _refused("the first piece of a turn has its words")
        self._turns[-1][2].extend(piece.pcm)

    def taken(self) -> tuple[Turn, ...]:
        """The turns so far, which are the next line's, and forgotten here."""
        turns, self._turns, self._bytes = self._turns, [], 0
        return tuple(Turn(text, self._clip(pcm), speed) for text, speed, pcm in turns)

    def _clip(self, pcm: bytearray) -> Clip:
        return from_pcm16(bytes(pcm), self._rate_hz) if pcm else Clip(np.zeros(0, np.float32), self._rate_hz)


def _refused(what: str) -> Refused:
    return Refused(f"What was said before can't be heard: {what}.", field="before")
