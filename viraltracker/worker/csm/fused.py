"""One 80 ms frame by `kernels` and `products`: what `frame.next_frame` does, in a tenth of the steps.

Imported only where Triton is. Works in buffers of its own, which never move, so it is recorded like any
frame; where a slot's past ends is read from the device, so one record does for every length.
"""

from dataclasses import dataclass
from math import gcd
from typing import Any, Final

import torch
import triton
from torch import Tensor

from viraltracker.worker.csm import kernels, products
from viraltracker.worker.csm.frame import Slots
from viraltracker.worker.csm.stack import Linear, Stack
from viraltracker.worker.csm.weights import Weights

__all__ = ["FusedFrame", "fits"]

_LEAST: Final = 16
"""Rows, or ranks, of a block in a matrix product; the tensor cores take no fewer."""
_MOST_GROUP: Final = 16
_MOST_PARTS: Final = 512


@dataclass(frozen=True, slots=True)
class Blocks:
    """How a product is cut up: columns and depth of a block, warps, and blocks on their way at once."""

    n: int
    k: int
    warps: int
    stages: int


def blocks_of(k: int, *, gated: bool) -> Blocks:
    """Blocks that keep most of a Hopper GPU's 132 processors reading."""
    if gated:
        return Blocks(32, gcd(k, 128), 4, 4)
    return Blocks(16, gcd(k, 256), 4, 4)


def fits(weights: Weights) -> bool:
    """Whether the model's sizes are such as the kernels need."""
    stacks = (weights.backbone, weights.depth)
    widths = {linear.weight.shape[1] for linear in weights.linears}
    heads = all(_power_of_two(each.head) and each.head >= _LEAST for each in stacks)
    groups = all(each.heads // each.kv_heads <= _MOST_GROUP for each in stacks)
    # Each program of a product leaves one sum of squares, for which there is so much room.
    narrow = all(triton.cdiv(each.norm.shape[0], _LEAST) <= _MOST_PARTS for each in stacks)
    return heads and groups and narrow and all(width % _LEAST == 0 for width in widths)


class Stream:
    """Rows on their way through a stack: as they are, times the next norm's weights, and their squares' sums.

    Sums are read from `squares`, of so many `parts`, while the next ones go into `spare`; then they change
    places.
    """

    def __init__(self, weights: Weights, most: int, width: int) -> None:
        self.x = torch.zeros(most, width, dtype=weights.text.dtype, device=weights.device)
        self.scaled = torch.zeros_like(self.x)
        self.squares = torch.zeros(_MOST_PARTS * most, device=weights.device)
        self.spare = torch.zeros_like(self.squares)
        self.parts = 1


class FusedFrame:
    """Makes frames over one model's weights."""

    def __init__(self, weights: Weights, most: int, *, overlap: bool) -> None:
        self._weights = weights
        self._overlap = overlap
        self._launch: dict[str, Any] = {"overlap": overlap}
        if overlap:
            self._launch["launch_pdl"] = True
        stacks = (weights.backbone, weights.depth)
        linears = weights.linears
        widest = max(linear.weight.shape[0] for linear in linears)
        ranks = max((linear.down.shape[1] for linear in linears if linear.down is not None), default=1)

        def room(width: int) -> Tensor:
            return torch.zeros(most, width, dtype=weights.text.dtype, device=weights.device)

        self._qkv, self._inner, self._few = room(widest), room(widest), room(ranks)
        self._heard = room(max(each.heads * each.head for each in stacks))
        self._logits = room(weights.shape.vocabulary)
        self._wide = Stream(weights, most, weights.text.shape[1])
        self._thin = Stream(weights, most, weights.narrow.shape[0])

    @torch.no_grad()
    def __call__(self, weights: Weights, slots: Slots, count: int, span: int, *, stacked: bool) -> None:
        """See `frame.next_frame`; `span` makes no difference."""
        voices = slots.voice if stacked else None
        self._draw_all(slots, count, voices)
        wide, shape, backbone = self._wide, weights.shape, weights.backbone
        width = wide.x.shape[1]
        block = min(256, triton.next_power_of_2(width))
        wide.parts = triton.cdiv(width, block)
        kernels.embedded[(count, wide.parts)](
            slots.codes, weights.audio, backbone.layers[0].norm_in, wide.x, wide.scaled, wide.squares,
            shape.vocabulary, shape.codebooks, width, block=block, **self._launch,
        )  # fmt: skip
        self._through(backbone, wide, slots.cache, count, voices, slots.position)
        kernels.normed[(count,)](
            wide.scaled, wide.squares, slots.hidden, wide.parts, backbone.eps, width,
            block=triton.next_power_of_2(width), block_p=triton.next_power_of_2(wide.parts), **self._launch,
        )  # fmt: skip
        slots.position[:count].add_(slots.active[:count])
        slots.frame[:count].add_(slots.active[:count])

    def _draw_all(self, slots: Slots, count: int, voices: Tensor | None) -> None:
        """The depth chain: the backbone's state first, then each codebook's token."""
        weights, depth, thin = self._weights, self._weights.depth, self._thin
        self._times(slots.hidden, weights.first_head, self._logits, count)
        self._times(slots.hidden, weights.narrow, thin.x, count, to=thin, norm=depth.layers[0].norm_in)
        self._through(depth, thin, slots.depth_cache, count, voices, 0)
        self._draw(slots, count, 0)
        for codebook in range(1, weights.shape.codebooks):
            self._through(depth, thin, slots.depth_cache, count, voices, codebook)
            self._times(thin, weights.heads[codebook - 1], self._logits, count, eps=depth.eps)
            self._draw(slots, count, codebook)

    def _draw(self, slots: Slots, count: int, codebook: int) -> None:
        weights, shape, thin = self._weights, self._weights.shape, self._thin
        width = thin.x.shape[1]
        thin.parts = 1
        kernels.drawn[(count,)](
            self._logits, slots.forbidden, slots.seed, slots.frame, slots.temperature, slots.top_k,
            slots.codes, weights.audio_narrow, weights.depth.layers[0].norm_in, thin.x, thin.scaled,
            thin.squares, codebook, shape.vocabulary, shape.codebooks, width,
            low_bits=16 if self._logits.dtype == torch.bfloat16 else 0,
            goes_on=codebook + 1 < shape.codebooks,
            block_v=triton.next_power_of_2(shape.vocabulary), block_e=triton.next_power_of_2(width),
            num_warps=8, **self._launch,
        )  # fmt: skip

    def _through(
        self, stack: Stack, rows: Stream, cache: Tensor, count: int, voices: Tensor | None, at: Tensor | int
    ) -> None:
        """Rows through the layers, each at its own position or all at the same one."""
        own = isinstance(at, Tensor)
        following = [*(layer.norm_in for layer in stack.layers[1:]), stack.norm]
        for number, (layer, norm) in enumerate(zip(stack.layers, following, strict=True)):
            self._project(rows, layer.qkv, self._qkv, count, voices, eps=stack.eps)
            keys, values = cache[number, 0], cache[number, 1]
            kernels.attended[(count, stack.kv_heads)](
                self._qkv, keys, values, self._heard, stack.cos, stack.sin,
                at if own else keys, 0 if own else at, keys.stride(0), stack.head**-0.5,
                stack.heads, stack.kv_heads, stack.head, own,
                block_g=_LEAST, block_p=64 if own else 32, num_warps=4, **self._launch,
            )  # fmt: skip
            self._project(self._heard, layer.out, rows.x, count, voices, to=rows, norm=layer.norm_out)
            self._project(rows, layer.gate_up, self._inner, count, voices, eps=stack.eps, gated=True)
            self._project(self._inner, layer.down, rows.x, count, voices, to=rows, norm=norm)

    def _project(
        self, x: Tensor | Stream, linear: Linear, y: Tensor, count: int, voices: Tensor | None,
        *, eps: float = 0.0, gated: bool = False, to: Stream | None = None, norm: Tensor | None = None,
    ) -> None:  # fmt: skip
        """A projection with its rows' adapters."""
        up = None
        if voices is not None and linear.down is not None:
            up = linear.up
            _, rank, k = linear.down.shape
            block_r = 4
            heard, squares, parts = (x.scaled, x.squares, x.parts) if isinstance(x, Stream) else (x, x, 0)
            products.narrowed[(count, triton.cdiv(rank, block_r))](
                heard, linear.down, self._few, squares, voices, count, parts, eps,
                k, rank, parts > 0, block_r=block_r, block_k=gcd(k, 1024),
                block_p=triton.next_power_of_2(max(1, parts)), **self._launch,
            )  # fmt: skip
        self._times(
            x, linear.weight, y, count, eps=eps, gated=gated, to=to, norm=norm, adds=to is not None, up=up,
            voices=voices,
        )  # fmt: skip

    def _times(
        self, x: Tensor | Stream, weight: Tensor, y: Tensor, count: int, *, eps: float = 0.0,
        gated: bool = False, adds: bool = False, to: Stream | None = None, norm: Tensor | None = None,
        up: Tensor | None = None, voices: Tensor | None = None,
    ) -> None:  # fmt: skip
        n, k = weight.shape
        n = n // 2 if gated else n
        block_m = max(_LEAST, triton.next_power_of_2(count))
        blocks = blocks_of(k, gated=gated)
        places, rank = (1, _LEAST) if up is None else (up.shape[0], up.shape[2])
        heard, squares, parts = (x.scaled, x.squares, x.parts) if isinstance(x, Stream) else (x, x, 0)
        spare: Any = heard  # a pointer for what isn't read
        grid = triton.cdiv(n, blocks.n)
        products.product[(grid,)](
            heard, weight, y, squares, spare if to is None else to.scaled, spare if norm is None else norm,
            spare if to is None else to.spare, self._few, spare if up is None else up,
            spare if voices is None else voices, count, parts, eps,
            n, k, rank, places, parts > 0, gated, adds, to is not None,
            block_m=block_m, block_n=blocks.n, block_k=blocks.k,
            block_r=max(_LEAST, triton.next_power_of_2(rank)),
            block_p=triton.next_power_of_2(max(1, parts)),
            num_warps=blocks.warps, num_stages=blocks.stages, **self._launch,
        )  # fmt: skip
        if to is not None:
            to.parts, to.squares, to.spare = grid, to.spare, to.squares


def _power_of_two(number: int) -> bool:
    return number & (number - 1) == 0
