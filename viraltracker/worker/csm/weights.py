"""The tensors of a checkpoint as the slot engine reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from viraltracker.worker.csm.shape import Shape
from viraltracker.worker.csm.stack import Layer, Linear, Stack

__all__ = ["BACKBONE", "DEPTH", "Weights", "weights_of"]

BACKBONE: Final = "backbone_model"
DEPTH: Final = "depth_decoder.model"


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """`text` `[ids, d]`, `audio` `[codebooks * vocabulary, d]`: embeddings of the backbone, `d` wide.

    `audio_narrow` `[codebooks * vocabulary, e]`: the same as the depth decoder, `e` wide, takes them in;
    `narrow` `[e, d]` is what takes a hidden state of the backbone there. `first_head` `[vocabulary, d]` and
    `heads` `[codebooks - 1, vocabulary, e]` give logits.
    """

    shape: Shape
    backbone: Stack
    depth: Stack
    text: Tensor
    audio: Tensor
    audio_narrow: Tensor
    narrow: Tensor
    first_head: Tensor
    heads: Tensor

    @property
    def device(self) -> torch.device:
        """Where they lie."""
        return self.text.device

    @property
    def linears(self) -> tuple[Linear, ...]:
        """Every projection that an adapter can change."""
        layers = (*self.backbone.layers, *self.depth.layers)
        return tuple(linear for at in layers for linear in (at.qkv, at.out, at.gate_up, at.down))


@torch.no_grad()
def weights_of(model: Any, shape: Shape, *, adapters: int, rank: int) -> Weights:
    """The weights of a `CsmForConditionalGeneration`, with room for so many adapters of at most that rank.

    Projections are copied, the rest is shared with the model.
    """
    depth = model.depth_decoder
    room = (adapters + 1, rank)
    audio, narrow = model.backbone_model.embed_tokens.embed_audio_tokens.weight, depth.model
    return Weights(
        shape=shape,
        backbone=_stack(model.backbone_model, BACKBONE, shape.positions, room),
        depth=_stack(depth.model, DEPTH, shape.codebooks + 1, room),
        text=model.embed_text_tokens.weight.detach(),
        audio=audio.detach(),
        # Projected once here instead of once a codebook of every frame.
        audio_narrow=torch.nn.functional.linear(audio, narrow.inputs_embeds_projector.weight),
        narrow=narrow.inputs_embeds_projector.weight.detach(),
        first_head=model.lm_head.weight.detach(),
        heads=depth.codebooks_head.weight.detach().transpose(1, 2).contiguous(),
    )


def _stack(module: Any, name: str, positions: int, room: tuple[int, int]) -> Stack:
    config = module.config
    example = module.norm.weight.detach()
    # The real model's turns are scaled by a rule of their own, so the module itself is asked for them.
    cos, sin = module.rotary_emb(example[None], torch.arange(positions, device=example.device)[None])
    return Stack(
        layers=tuple(_layer(layer, f"{name}.layers.{at}", room) for at, layer in enumerate(module.layers)),
        norm=example,
        cos=cos[0].detach(),
        sin=sin[0].detach(),
        heads=config.num_attention_heads,
        kv_heads=config.num_key_value_heads,
        head=config.head_dim,
        eps=config.rms_norm_eps,
    )


def _layer(layer: Any, name: str, room: tuple[int, int]) -> Layer:
    def linear(part: str, *names: str) -> Linear:
        parts = [getattr(getattr(layer, part), each).weight.detach() for each in names]
        return _linear(parts, [f"{name}.{part}.{each}" for each in names], room)

    return Layer(
        qkv=linear("self_attn", "q_proj", "k_proj", "v_proj"),
        out=linear("self_attn", "o_proj"),
        gate_up=linear("mlp", "gate_proj", "up_proj"),
        down=linear("mlp", "down_proj"),
        norm_in=layer.input_layernorm.weight.detach(),
        norm_out=layer.post_attention_layernorm.weight.detach(),
    )


def _linear(parts: Sequence[Tensor], names: Sequence[str], room: tuple[int, int]) -> Linear:
    weight = torch.cat(list(parts))
    voices, rank = room[0], room[1] * len(parts)
    return Linear(
        weight=weight,
        names=tuple(names),
        rows=tuple(part.shape[0] for part in parts),
        down=weight.new_zeros(voices, rank, weight.shape[1]),
        up=weight.new_zeros(voices, weight.shape[0], rank),
    )
