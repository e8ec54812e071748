"""What a voice said before, as it goes to a voice worker: in pieces far below any limit on a message."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from viraltracker.audio import resample, to_pcm16
from viraltracker.speech.rpc import tts_pb2 as wire
from viraltracker.speech.scene import Turn

__all__ = ["pieces_of"]

_PIECE_BYTES: Final = 1 << 15


def pieces_of(turns: Sequence[Turn], rate_hz: int) -> Iterator[Any]:
    """The turns at the worker's rate, the earliest first; a turn's words are with its first piece."""
    for turn in turns:
        pcm = to_pcm16(resample(turn.clip, rate_hz).samples).astype("<i2", copy=False).tobytes()
        for at in range(0, len(pcm), _PIECE_BYTES):
            text = "" if at else turn.text
            yield wire.Before(text=text, pcm=pcm[at : at + _PIECE_BYTES], speed=turn.speed)
