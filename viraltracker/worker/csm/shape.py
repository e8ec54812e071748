"""The sizes of a CSM checkpoint that code outside the tensors needs."""

from dataclasses import dataclass

__all__ = ["Shape"]


@dataclass(frozen=True, slots=True)
class Shape:
    """`codebooks`: ids of one frame (32 in CSM-1B). `vocabulary`: what a codebook's logits range over (2051).

    `codec_ids`: how many of those the codec knows (2048); the rest are marks that are never spoken.
    `eos_id`: a frame whose codebooks but the last are all this ends the line. `positions`: the longest
    context, prompt and frames together (2048). `frame_samples` at `rate_hz`: 1920 at 24000, so 80 ms.
    """

    codebooks: int
    vocabulary: int
    codec_ids: int
    eos_id: int
    positions: int
    rate_hz: int
    frame_samples: int

    @property
    def frame_s(self) -> float:
        """Seconds of audio in a frame."""
        return self.frame_samples / self.rate_hz
