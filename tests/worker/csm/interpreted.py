"""Fused frames beside plain ones, on a processor: run as a program by the test of the same thing.

    TRITON_INTERPRET=1 python -m tests.worker.csm.interpreted

Triton reads that variable when it is first imported, so it wants a process of its own. Its interpreter does a
kernel's arithmetic step by step and knows nothing of a GPU's timing.
"""

import json
import sys
from typing import Any

import torch
from transformers import CsmDepthDecoderConfig

from tests.worker.csm.tiny import CODEBOOKS, CODEC_IDS, byte_tokenizer, tiny_model
from viraltracker.worker.csm.checkpoint import shape_of
from viraltracker.worker.csm.engine import SlotEngine, Start, Turn
from viraltracker.worker.csm.fused import FusedFrame, fits
from viraltracker.worker.csm.lora import Adapter
from viraltracker.worker.csm.weights import Weights, weights_of

FRAMES = 2
RANK = 4


def model() -> Any:
    """Twice as wide as the usual tiny one: a head must fill a tensor core's rows."""
    depth = CsmDepthDecoderConfig(
        num_codebooks=CODEBOOKS,
        backbone_hidden_size=64,
        vocab_size=CODEC_IDS + 3,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=CODEBOOKS + 1,
    )
    sizes = {"hidden_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16}
    return tiny_model(byte_tokenizer(), 7, **sizes, depth_decoder_config=depth).requires_grad_(False)


def adapter(weights: Weights, seed: int) -> Adapter:
    chance = torch.Generator().manual_seed(seed)
    parts = {}
    for linear in weights.linears:
        for name, rows in zip(linear.names, linear.rows, strict=True):
            down = torch.randn(RANK, linear.weight.shape[1], generator=chance) / 5
            parts[name] = (down, torch.randn(rows, RANK, generator=chance) / 5)
    return Adapter(parts, RANK)


def lines_of(engine: SlotEngine) -> list[Start]:
    """Three voices, of different pasts and seeds: one takes the likeliest tokens, two draw."""
    chance = torch.Generator().manual_seed(3)
    heard = engine.heard([Turn((1, 2, 3), torch.randint(1, 60, (9, CODEBOOKS), generator=chance))], 1)
    return [
        Start(tuple(range(5, 5 + 3 * n)), n % 3, heard if n == 1 else None, n + (n << 40), heat, 20)
        for n, heat in ((1, 0.0), (2, 0.9), (3, 0.9))
    ]


def spoken(model: Any, *, fused: bool, only: int | None = None) -> list[list[Any]]:
    """Frames of all three lines, or of one that is alone."""
    weights = weights_of(model, shape_of(model.config), adapters=2, rank=8)
    how: dict[str, Any] = {}
    if fused:
        assert fits(weights)
        how = {"frame": lambda slots: FusedFrame(weights, slots, overlap=False), "spans": ()}
    engine = SlotEngine(weights, 4, 96, **how)
    for place in (1, 2):
        engine.adapters.put(place, adapter(weights, place))
    lines = lines_of(engine)
    for slot, line in enumerate(lines if only is None else [lines[only]]):
        engine.begin(slot, line)
    made = [engine.step().read() for _ in range(FRAMES)]
    return [[frame[slot] for frame in made] for slot in sorted(made[0])]


def main() -> None:
    """Write what each way makes, as JSON."""
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    whose = model()
    told = {
        "plain": spoken(whose, fused=False),
        "fused": spoken(whose, fused=True),
        "alone": spoken(whose, fused=True, only=1),
    }
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
