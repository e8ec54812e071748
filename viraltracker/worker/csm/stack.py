"""A decoder of CSM: Llama layers over a static cache of keys and values, for all slots at once.

The arithmetic follows `transformers`' CSM step by step, so that its tokens are the same. What differs is
where things lie: projections that read the same input are one matrix, and the cache never moves or grows,
which is what lets a frame be recorded as one graph.

Cache: `[layers, 2, slots, positions, kv heads, head]`, keys then values.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as fn
from torch import Tensor

__all__ = ["Layer", "Linear", "Stack", "normed"]

Attend = Callable[[int, Tensor, Tensor, Tensor], Tensor]
"""Layer's number, queries, keys and values `[slots, new, heads, head]` -> what was attended to, likewise."""


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """`weight` `[out, in]`: the matrices called `names` one below the other, each with its `rows`.

    `down` `[voices, rank, in]` and `up` `[voices, out, rank]` are the adapters' low-rank parts, scaled; voice
    0 is no adapter, and zero. None: no adapter can change this projection.
    """

    weight: Tensor
    names: tuple[str, ...]
    rows: tuple[int, ...]
    down: Tensor | None = None
    up: Tensor | None = None

    def __call__(self, x: Tensor, voices: Tensor | None) -> Tensor:
        """`x` `[slots, new, in]`; `voices` `[slots]`: whose adapter each row has, None: nobody's."""
        y = fn.linear(x, self.weight)
        if voices is None or self.down is None or self.up is None:
            return y
        narrow = torch.bmm(x, self.down[voices].transpose(1, 2))
        return y + torch.bmm(narrow, self.up[voices].transpose(1, 2))


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One decoder layer's weights."""

    qkv: Linear
    out: Linear
    gate_up: Linear
    down: Linear
    norm_in: Tensor
    norm_out: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """The layers, the last norm, and the turns of every position: `cos` and `sin` `[positions, head]`."""

    layers: tuple[Layer, ...]
    norm: Tensor
    cos: Tensor
    sin: Tensor
    heads: int
    kv_heads: int
    head: int
    eps: float

    def cache(self, slots: int, positions: int) -> Tensor:
        """An empty cache for so many slots and positions."""
        shape = (len(self.layers), 2, slots, positions, self.kv_heads, self.head)
        return torch.zeros(shape, dtype=self.norm.dtype, device=self.norm.device)

    def onward(self, x: Tensor, cache: Tensor, start: int, voices: Tensor | None) -> Tensor:
        """`x` `[slots, new, d]` at the positions from `start` on, the same for all slots; the hidden states.

        What stands in the cache before `start` is seen too.
        """
        end = start + x.shape[1]
        mask = None
        if x.shape[1] > 1:
            places = torch.arange(end, device=x.device)
            mask = places[None, :] <= places[start:, None]

        def attend(at: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            cache[at, 0, :, start:end] = k
            cache[at, 1, :, start:end] = v
            return self._attended(q, cache[at, 0, :, :end], cache[at, 1, :, :end], mask)

        return self._through(x, self.cos[start:end], self.sin[start:end], attend, voices)

    def step(self, x: Tensor, cache: Tensor, at: Tensor, span: int, voices: Tensor | None) -> Tensor:
        """`x` `[slots, 1, d]`, each slot at its own position `at` `[slots]`, which is below `span`.

        Reads the first `span` positions of the cache whatever they hold, and lets each slot see its own past.
        """
        slots = torch.arange(x.shape[0], device=x.device)
        seen = torch.arange(span, device=x.device)[None, :] <= at[:, None]
        mask = seen[:, None, None, :]

        def attend(layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            cache[layer, 0].index_put_((slots, at), k[:, 0])
            cache[layer, 1].index_put_((slots, at), v[:, 0])
            return self._attended(q, cache[layer, 0, :, :span], cache[layer, 1, :, :span], mask)

        return self._through(x, self.cos[at][:, None], self.sin[at][:, None], attend, voices)

    def _through(self, x: Tensor, cos: Tensor, sin: Tensor, attend: Attend, voices: Tensor | None) -> Tensor:
        cos, sin = cos[..., None, :], sin[..., None, :]  # the same turn for every head
        widths = [self.heads, self.kv_heads, self.kv_heads]
        for at, layer in enumerate(self.layers):
            projected = layer.qkv(normed(x, layer.norm_in, self.eps), voices)
            by_head = projected.view(*x.shape[:2], sum(widths), self.head)
            q, k, v = torch.split(by_head, widths, dim=2)
            heard = attend(at, _turned(q, cos, sin), _turned(k, cos, sin), v)
            x = x + layer.out(heard.flatten(2), voices)
            gate, up = layer.gate_up(normed(x, layer.norm_out, self.eps), voices).chunk(2, dim=-1)
            x = x + layer.down(fn.silu(gate) * up, voices)
        return normed(x, self.norm, self.eps)

    def _attended(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        heard = fn.scaled_dot_product_attention(
            q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), attn_mask=mask, enable_gqa=True
        )
        return heard.transpose(1, 2)


def normed(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """Root mean square norm, taken in float32 and scaled in the weights' own type."""
    wide = x.float()
    wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + eps)
    return weight * wide.to(x.dtype)


def _turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary positions: the first half of a head turned against the second."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin
