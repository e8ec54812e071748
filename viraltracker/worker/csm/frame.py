"""One 80 ms frame for all slots: depth chain, then backbone. Nothing in it asks the host anything.

Everything it reads and writes lies in buffers that never move, so on a GPU it is recorded once for each
number of slots and played again from then on.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from viraltracker.worker.csm.sampling import gumbel, pick
from viraltracker.worker.csm.weights import Weights

__all__ = ["Slots", "embedded", "next_frame", "open_slots"]


@dataclass(frozen=True, slots=True, eq=False)
class Slots:
    """What is under way, a row for each slot.

    `hidden`: the backbone's last state. `codes`: the frame that was made last. `position`: where the next one
    goes. `frame`: its number in the line. `active`: 1, or 0 for a slot at rest, which computes and stands
    still. `voice`: its adapter's place. The rest is how it draws.
    """

    cache: Tensor
    depth_cache: Tensor
    hidden: Tensor
    codes: Tensor
    position: Tensor
    frame: Tensor
    active: Tensor
    voice: Tensor
    seed: Tensor
    temperature: Tensor
    top_k: Tensor
    forbidden: Tensor

    @property
    def count(self) -> int:
        """How many slots there are."""
        return self.hidden.shape[0]


def open_slots(weights: Weights, count: int, positions: int) -> Slots:
    """So many slots, all at rest, with room for that many positions each."""
    shape, device = weights.shape, weights.device

    def whole(*size: int) -> Tensor:
        return torch.zeros(size, dtype=torch.int64, device=device)

    forbidden = torch.zeros(shape.vocabulary, device=device)
    forbidden[shape.codec_ids :] = -torch.inf
    return Slots(
        cache=weights.backbone.cache(count, positions),
        depth_cache=weights.depth.cache(count, shape.codebooks + 1),
        hidden=torch.zeros(count, weights.text.shape[1], dtype=weights.text.dtype, device=device),
        codes=whole(count, shape.codebooks),
        position=whole(count),
        frame=whole(count),
        active=whole(count),
        voice=whole(count),
        seed=whole(count),
        temperature=torch.zeros(count, device=device),
        top_k=torch.ones(count, dtype=torch.int64, device=device),
        forbidden=forbidden,
    )


def next_frame(weights: Weights, slots: Slots, count: int, span: int, *, stacked: bool) -> None:
    """Make the next frame of the first `count` slots, whose positions are all below `span`.

    `stacked`: with each slot's adapter; else with the weights as they are.
    """
    voices = slots.voice[:count] if stacked else None
    codes = _drawn(weights, slots, count, voices)
    position, active = slots.position[:count], slots.active[:count]
    hidden = weights.backbone.step(
        embedded(weights, codes)[:, None], slots.cache[:, :, :count], position, span, voices
    )
    slots.codes[:count] = codes
    slots.hidden[:count] = hidden[:, -1]
    position.add_(active)
    slots.frame[:count].add_(active)


def embedded(weights: Weights, codes: Tensor) -> Tensor:
    """Frames `[..., codebooks]` as the backbone hears them, `[..., d]`: the sum over their codebooks."""
    offsets = torch.arange(weights.shape.codebooks, device=codes.device) * weights.shape.vocabulary
    return weights.audio[codes + offsets].sum(dim=-2)


def _drawn(weights: Weights, slots: Slots, count: int, voices: Tensor | None) -> Tensor:
    """The frame's codes `[count, codebooks]`, one codebook after the other."""
    shape, hidden = weights.shape, slots.hidden[:count]
    cache = slots.depth_cache[:, :, :count]
    noise = gumbel(slots.seed[:count], slots.frame[:count], shape.codebooks, shape.vocabulary)
    temperature, top_k = slots.temperature[:count], slots.top_k[:count]

    def drawn(logits: Tensor, codebook: int) -> Tensor:
        return pick(logits, slots.forbidden, noise[:, codebook], temperature, top_k)

    token = drawn(torch.nn.functional.linear(hidden, weights.first_head), 0)
    tokens = [token]
    narrow = torch.nn.functional.linear(hidden, weights.narrow)
    x, start = torch.stack((narrow, weights.audio_narrow[token]), dim=1), 0
    for codebook in range(1, shape.codebooks):
        made = weights.depth.onward(x, cache, start, voices)
        token = drawn(torch.nn.functional.linear(made[:, -1], weights.heads[codebook - 1]), codebook)
        tokens.append(token)
        start += x.shape[1]
        x = weights.audio_narrow[token + codebook * shape.vocabulary][:, None]
    return torch.stack(tokens, dim=1)
