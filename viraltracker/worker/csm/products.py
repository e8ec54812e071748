"""Matrix products on a GPU, with what comes before and after them: a norm, adapters, a gate, a sum.

Every row of a batch is computed for itself, in the same order whatever else is in the batch: a line has the
same tokens alone and in any company.

A norm of whole rows can't be taken by a product that makes some columns of them. So it hands on what it made
in two forms, with the sums of its squares: as it is, and times the norm's weights. The one that reads it
multiplies the second form, and divides its own result by the root of the sums.
"""

import triton
import triton.language as tl
from triton.language.extra.cuda import gdc_launch_dependents, gdc_wait

__all__ = ["narrowed", "product", "waited"]


@triton.jit
def waited(overlap: tl.constexpr):
    """Let the next kernel start up, and wait until what the one before wrote is there."""
    if overlap:
        gdc_launch_dependents()
        gdc_wait()


@triton.jit
def _fetched(weight, at_n, n: tl.constexpr, k: tl.constexpr, gated: tl.constexpr):
    """Have the columns' weights brought near, while what they are multiplied by is still being made."""
    line: tl.constexpr = 1024 // weight.dtype.element_ty.primitive_bitwidth
    lines: tl.constexpr = k // line
    near = weight + at_n[:, None] * k + tl.arange(0, lines)[None, :] * line
    near = tl.where(at_n[:, None] < n, near, weight)
    for half in tl.static_range(2 if gated else 1):
        tl.inline_asm_elementwise(
            "prefetch.global.L2 [$1];\nmov.u32 $0, 0;", "=r,l", [near + half * n * k], dtype=tl.int32,
            is_pure=False, pack=1,
        )  # fmt: skip


@triton.jit
def _roots(squares, rows, parts, eps, k: tl.constexpr, block_m: tl.constexpr, block_p: tl.constexpr):
    """What each row is multiplied by to be normed, from its squares' sums `[parts, rows]`."""
    at_m, at_p = tl.arange(0, block_m), tl.arange(0, block_p)
    inside = (at_p[:, None] < parts) & (at_m[None, :] < rows)
    sums = tl.load(squares + at_p[:, None] * rows + at_m[None, :], mask=inside, other=0.0)
    return tl.rsqrt(tl.sum(sums, axis=0) / k + eps)


@triton.jit
def _multiplied(
    x, weight, rows, at_n,
    n: tl.constexpr, k: tl.constexpr, gated: tl.constexpr,
    block_m: tl.constexpr, block_n: tl.constexpr, block_k: tl.constexpr,
):  # fmt: skip
    """`x` by the columns' weights, and where `gated` by the second half of them, in float32."""
    at_m, at_k = tl.arange(0, block_m), tl.arange(0, block_k)
    made = tl.zeros([block_m, block_n], tl.float32)
    second = tl.zeros([block_m, block_n], tl.float32)
    x_at = x + at_m[:, None] * k + at_k[None, :]
    weight_at = weight + at_n[None, :] * k + at_k[:, None]
    for start in range(0, k, block_k):
        heard = tl.load(x_at + start, mask=at_m[:, None] < rows, other=0.0)
        block = tl.load(weight_at + start, mask=at_n[None, :] < n, other=0.0)
        made = tl.dot(heard, block, made, input_precision="ieee")
        if gated:
            block = tl.load(weight_at + n * k + start, mask=at_n[None, :] < n, other=0.0)
            second = tl.dot(heard, block, second, input_precision="ieee")
    return made, second


@triton.jit
def _adapted(
    made, second, narrow, up, voice, rows, at_n,
    n: tl.constexpr, rank: tl.constexpr, places: tl.constexpr, gated: tl.constexpr,
    block_m: tl.constexpr, block_r: tl.constexpr,
):  # fmt: skip
    """What each row's own adapter adds. An adapter that no row has isn't read."""
    at_m, at_r = tl.arange(0, block_m), tl.arange(0, block_r)
    whose = tl.load(voice + at_m, mask=at_m < rows, other=0)
    inside = (at_m[:, None] < rows) & (at_r[None, :] < rank)
    few = tl.load(narrow + at_m[:, None] * rank + at_r[None, :], mask=inside, other=0.0)
    within = (at_n[None, :] < n) & (at_r[:, None] < rank)
    whole: tl.constexpr = 2 * n if gated else n
    for place in range(1, places):
        own = whose == place
        if tl.max(own.to(tl.int32), axis=0) > 0:
            part = tl.where(own[:, None], few, 0.0)
            up_at = up + (place * whole + at_n[None, :]) * rank + at_r[:, None]
            block = tl.load(up_at, mask=within, other=0.0)
            made = tl.dot(part, block, made, input_precision="ieee")
            if gated:
                block = tl.load(up_at + n * rank, mask=within, other=0.0)
                second = tl.dot(part, block, second, input_precision="ieee")
    return made, second


@triton.jit(do_not_specialize=["rows", "parts"])
def product(
    x, weight, y, squares, scaled, norm, sums, narrow, up, voice, rows, parts, eps,
    n: tl.constexpr, k: tl.constexpr, rank: tl.constexpr, places: tl.constexpr,
    has_norm: tl.constexpr, gated: tl.constexpr, adds: tl.constexpr, hands_on: tl.constexpr,
    overlap: tl.constexpr, block_m: tl.constexpr, block_n: tl.constexpr, block_k: tl.constexpr,
    block_r: tl.constexpr, block_p: tl.constexpr,
):  # fmt: skip
    """`y` `[rows, n]`: `x` `[rows, k]` by `weight` `[n, k]`; `[2 n, k]` where `gated`: silu(first) * second.

    `has_norm`: `x` was scaled by its norm's weights, and `squares` `[parts, rows]` are its sums of squares.
    `adds`: to what stands in `y`. `hands_on`: the result times `norm` goes into `scaled`, and the sums of its
    squares into `sums` `[programs, rows]`, for the norm that follows. `places` over 1: with each row's
    adapter, `narrow` `[rows, rank]` by `up` `[places, weight rows, rank]`.
    """
    at_n = tl.program_id(0) * block_n + tl.arange(0, block_n)
    at_m = tl.arange(0, block_m)
    here_m, here_n = at_m < rows, at_n < n
    if overlap:
        gdc_launch_dependents()
        _fetched(weight, at_n, n, k, gated)
        gdc_wait()
    y_at = y + at_m[:, None] * n + at_n[None, :]
    inside = here_m[:, None] & here_n[None, :]
    if adds:
        before = tl.load(y_at, mask=inside, other=0.0).to(tl.float32)
    if has_norm:
        root = _roots(squares, rows, parts, eps, k, block_m, block_p)
    made, second = _multiplied(x, weight, rows, at_n, n, k, gated, block_m, block_n, block_k)
    if has_norm:
        made, second = made * root[:, None], second * root[:, None]
    if places > 1:
        made, second = _adapted(
            made, second, narrow, up, voice, rows, at_n, n, rank, places, gated, block_m, block_r
        )
    if gated:
        made = made * tl.sigmoid(made) * second
    if adds:
        made += before
    kept = made.to(y.dtype.element_ty)
    tl.store(y_at, kept, mask=inside)
    if hands_on:
        wide = kept.to(tl.float32)
        scale = tl.load(norm + at_n, mask=here_n, other=0.0).to(tl.float32)
        scaled_at = scaled + at_m[:, None] * n + at_n[None, :]
        tl.store(scaled_at, (wide * scale[None, :]).to(kept.dtype), mask=inside)
        squared = tl.sum(tl.where(inside, wide * wide, 0.0), axis=1)
        tl.store(sums + tl.program_id(0) * rows + at_m, squared, mask=here_m)


@triton.jit(do_not_specialize=["rows", "parts"])
def narrowed(
    x, down, y, squares, voice, rows, parts, eps,
    k: tl.constexpr, rank: tl.constexpr, has_norm: tl.constexpr, overlap: tl.constexpr,
    block_r: tl.constexpr, block_k: tl.constexpr, block_p: tl.constexpr,
):  # fmt: skip
    """`y` `[rows, rank]`: each row of `x`, normed or not, by its own voice's `down` `[places, rank, k]`."""
    waited(overlap)
    row = tl.program_id(0)
    place = tl.load(voice + row)
    at_r = tl.program_id(1) * block_r + tl.arange(0, block_r)
    at_k = tl.arange(0, block_k)
    made = tl.zeros([block_r], tl.float32)
    if place > 0:
        for start in range(0, k, block_k):
            wide = tl.load(x + row * k + start + at_k).to(tl.float32)
            block = tl.load(
                down + (place * rank + at_r[:, None]) * k + start + at_k[None, :],
                mask=at_r[:, None] < rank, other=0.0,
            )  # fmt: skip
            made += tl.sum(block.to(tl.float32) * wide[None, :], axis=1)
        if has_norm:
            at_p = tl.arange(0, block_p)
            sums = tl.load(squares + at_p * rows + row, mask=at_p < parts, other=0.0)
            made = made * tl.rsqrt(tl.sum(sums, axis=0) / k + eps)
    tl.store(y + row * rank + at_r, made.to(y.dtype.element_ty), mask=at_r < rank)
