"""Mimi: audio to codes and back, in float32, many lines in one go.

The decoder is causal, so a line's first frames sound the same whatever comes after them. That is what makes
streaming exact: decode the whole prefix again and give out its new end. The library's own cache between
chunks holds the transformer's past but not the convolutions', and clicks.
"""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from viraltracker.audio import Floats
from viraltracker.worker.csm.shape import Shape

__all__ = ["Codec", "Codes"]

Codes = NDArray[np.int64]
"""`[frames, codebooks]`."""

_MOST_FRAMES: Final = 4_096
"""Of one call, padding included: 0.1 MB a frame in each of the widest layers."""
_SILENCE_S: Final = 2


class Codec:
    """The codec of a checkpoint, on the device where its weights lie."""

    def __init__(self, model: Any, shape: Shape) -> None:
        self._model, self._shape = model, shape
        self._device = next(model.parameters()).device
        # Beside the frames: a line is decoded while the next frame is made.
        beside: Any = torch.cuda.Stream
        self._stream: Any = beside(self._device) if self._device.type == "cuda" else None

    @torch.no_grad()
    def encode(self, samples: Floats) -> Codes:
        """The codes of mono audio at the shape's rate; the last frame is filled with silence."""
        with self._aside():
            audio = torch.from_numpy(np.ascontiguousarray(samples, np.float32))[None, None].to(self._device)
            codes = self._model.encode(audio, num_quantizers=self._shape.codebooks).audio_codes[0]
            return np.ascontiguousarray(codes.T.cpu().numpy(), np.int64)

    def decode(self, lines: Sequence[Codes]) -> list[Floats]:
        """The audio of each line, mono float32 within -1..1; none for a line without frames."""
        made: list[Floats] = [np.zeros(0, np.float32)] * len(lines)
        for batch in self._batches(lines):
            for at, samples in zip(batch, self._decoded([lines[at] for at in batch]), strict=True):
                made[at] = samples
        return made

    def silent_ids(self) -> frozenset[int]:
        """Ids of the first codebook that silence has."""
        codes = self.encode(np.zeros(self._shape.rate_hz * _SILENCE_S, np.float32))
        return frozenset(codes[:, 0].tolist())

    def _batches(self, lines: Sequence[Codes]) -> Iterator[list[int]]:
        """Lines of like length together, so that little is padding."""
        batch: list[int] = []
        for at in sorted(range(len(lines)), key=lambda at: -len(lines[at])):
            if not len(lines[at]):
                continue
            if batch and (len(batch) + 1) * len(lines[batch[0]]) > _MOST_FRAMES:
                yield batch
                batch = []
            batch.append(at)
        if batch:
            yield batch

    @torch.no_grad()
    def _decoded(self, lines: Sequence[Codes]) -> Iterator[Floats]:
        padded = np.zeros((len(lines), self._shape.codebooks, max(map(len, lines))), np.int64)
        for row, codes in enumerate(lines):
            padded[row, :, : len(codes)] = codes.T
        # Marks of the model are no codes: looked up they would break the device.
        padded = padded.clip(0, self._shape.codec_ids - 1)
        with self._aside():
            audio = self._model.decode(torch.from_numpy(padded).to(self._device)).audio_values
            samples = audio[:, 0].clamp(-1.0, 1.0).cpu().numpy()
        for row, codes in enumerate(lines):
            yield np.ascontiguousarray(samples[row, : len(codes) * self._shape.frame_samples])

    def _aside(self) -> Any:
        return torch.cuda.stream(self._stream) if self._stream is not None else nullcontext()
