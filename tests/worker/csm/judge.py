"""What Hugging Face's own `generate` and peft make of a line: the truth that the slot engine is held to."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import PeftModel
from transformers import AutoProcessor, CsmForConditionalGeneration

from tests.worker.csm.tiny import CODEC_IDS

__all__ = ["MARKS", "Judge"]

MARKS = [CODEC_IDS, CODEC_IDS + 1, CODEC_IDS + 2]
"""Ids that are never spoken."""


class Judge:
    """The checkpoint and its adapters, numbered from 1, in the libraries' own hands."""

    def __init__(self, checkpoint: Path, adapters: Sequence[Path]) -> None:
        self.model: Any = CsmForConditionalGeneration.from_pretrained(
            checkpoint, local_files_only=True
        ).eval()
        self.processor: Any = AutoProcessor.from_pretrained(checkpoint, local_files_only=True)
        self.adapted: Any = PeftModel.from_pretrained(self.model, str(adapters[0]), adapter_name="1")
        for number, adapter in enumerate(adapters[1:], 2):
            self.adapted.load_adapter(str(adapter), adapter_name=str(number))

    def inputs(self, text: str, said: Sequence[tuple[str, np.ndarray]] = ()) -> dict[str, Any]:
        """The model's inputs for a text after turns of text and 24 kHz audio."""
        turns: list[dict[str, Any]] = []
        for words, samples in said:
            parts = [{"type": "text", "text": words}, {"type": "audio", "audio": samples}]
            turns.append({"role": "0", "content": parts})
        turns.append({"role": "0", "content": [{"type": "text", "text": text}]})
        return dict(self.processor.apply_chat_template(turns, tokenize=True, return_dict=True))

    def greedy(
        self, text: str, voice: int, frames: int, said: Sequence[tuple[str, np.ndarray]] = ()
    ) -> list[tuple[int, ...]]:
        """So many frames at most, up to and with the one that ends the line."""
        inputs = self.inputs(text, said)
        with torch.no_grad():
            if voice:
                self.adapted.set_adapter(str(voice))
                return self._frames(inputs, frames)
            with self.adapted.disable_adapter():
                return self._frames(inputs, frames)

    def _frames(self, inputs: dict[str, Any], frames: int) -> list[tuple[int, ...]]:
        made = self.model.generate(
            **inputs,
            do_sample=False,
            depth_decoder_do_sample=False,
            max_new_tokens=frames,
            suppress_tokens=MARKS,
            depth_decoder_suppress_tokens=MARKS,
        )
        return [tuple(frame) for frame in made[0].tolist()]
