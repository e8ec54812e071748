"""The fallback: Hugging Face's own `generate` and peft, a line after the other, with the slot engine's face.

Several times slower, and nobody's code but the libraries'. A pack chooses it with `engine: reference`, where
the slot engine is in doubt. A line is made whole before its first frame is given out.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from viraltracker.errors import SettingsRefused
from viraltracker.worker.csm.engine import Start, Turn, Under
from viraltracker.worker.csm.shape import Shape

__all__ = ["ReferenceEngine"]

_SLOT = 0


class ReferenceEngine:
    """See `SlotEngine`, whose methods these are; it has one slot. `model`: without its codec."""

    slots = 1
    defers = False

    def __init__(self, model: Any, shape: Shape) -> None:
        self.shape = shape
        self.positions = shape.positions
        self._model: Any = model
        self._adapted: Any = None
        self._start: Start | None = None
        self._frames: Tensor | None = None
        self._given = 0
        self._device = next(model.parameters()).device

    @property
    def free(self) -> tuple[int, ...]:
        """See `SlotEngine`."""
        return () if self._start is not None else (_SLOT,)

    @property
    def memory_bytes(self) -> int:
        """See `SlotEngine`."""
        return sum(weight.nbytes for weight in self._model.parameters())

    def take(self, place: int, folder: Path) -> None:
        """See `SlotEngine`."""
        from peft import PeftModel

        try:
            if self._adapted is None:
                self._adapted = PeftModel.from_pretrained(self._model, str(folder), adapter_name=str(place))
            else:
                self._adapted.load_adapter(str(folder), adapter_name=str(place))
        except (OSError, ValueError, RuntimeError) as error:
            raise SettingsRefused(
                f"The adapter in {folder.name} can't be used ({type(error).__name__}). Copy it there again."
            ) from error
        self._model.requires_grad_(False)

    def give_back(self, place: int) -> None:
        """See `SlotEngine`."""
        self._adapted.delete_adapter(str(place))

    def heard(self, turns: Sequence[Turn], voice: int, after: Tensor | None = None) -> Tensor:
        """See `SlotEngine`; here it is what the backbone hears, `[positions, d]`, as `generate` takes it."""
        said = [self._embedded(turn) for turn in turns]
        return torch.cat(said if after is None else [after, *said])

    def begin(self, slot: int, start: Start) -> None:
        """See `SlotEngine`."""
        self._start, self._frames, self._given = start, None, 0

    def end(self, slot: int) -> None:
        """See `SlotEngine`."""
        self._start = self._frames = None

    def left(self, slot: int) -> int:
        """See `SlotEngine`."""
        return self.positions - self._given

    def merge(self, voice: int) -> bool:
        """See `SlotEngine`. It never does."""
        return False

    def shrink(self) -> bool:
        """See `SlotEngine`. There is nothing to spare."""
        self._start = self._frames = None
        return False

    @torch.no_grad()
    def step(self) -> Under:
        """See `SlotEngine`."""
        if self._start is None:
            raise ValueError("no line is under way")
        if self._frames is None:
            self._frames = self._made(self._start)
        # After its last frame a line goes on with ends, as it would in a batch.
        last = len(self._frames) - 1
        codes = self._frames[self._given][None] if self._given <= last else torch.zeros_like(self._frames[:1])
        self._given += 1
        return Under((_SLOT,), codes, None)

    def _made(self, start: Start) -> Tensor:
        said = self._embedded(Turn(start.ids))
        x = said if start.heard is None else torch.cat((start.heard, said))
        frames = min(start.most_frames, self.positions - len(x) - 1)
        marks = list(range(self.shape.codec_ids, self.shape.vocabulary))
        drawn = start.temperature > 0
        how: dict[str, Any] = {"do_sample": drawn, "suppress_tokens": marks}
        if drawn:
            how |= {"temperature": start.temperature, "top_k": start.top_k}
        # What the depth decoder is told sticks to it, so it is told all of it every time.
        how |= {f"depth_decoder_{name}": value for name, value in how.items()}
        torch.manual_seed(start.seed)
        model = self._model
        if self._adapted is not None:
            if start.voice:
                self._adapted.base_model.enable_adapter_layers()
                self._adapted.set_adapter(str(start.voice))
            else:
                self._adapted.base_model.disable_adapter_layers()
            model = self._adapted.base_model.model
        mask = torch.ones(1, len(x), dtype=torch.int64, device=self._device)
        made: Tensor = model.generate(
            inputs_embeds=x[None], attention_mask=mask, max_new_tokens=frames, **how
        )
        return made[0].cpu()

    def _embedded(self, turn: Turn) -> Tensor:
        ids = torch.tensor(turn.ids, dtype=torch.int64, device=self._device)
        text: Tensor = self._model.embed_text_tokens(ids)
        if turn.codes is None:
            return text
        eos = torch.full((1, self.shape.codebooks), self.shape.eos_id)
        codes = torch.cat((turn.codes, eos)).to(self._device)
        return torch.cat((text, self._model.backbone_model.embed_tokens(codes[None])[0]))
