"""The work of a frame on a GPU, beside its matrix products, in few and large steps.

A frame is some hundred small products over weights that are read once, and a GPU waits longer for one kernel
after another than for the memory. So each kernel does all that is done to the same numbers: positions, cache
and attention are one, and so are a token's draw and the look-up of what follows from it.
"""

import triton
import triton.language as tl

from viraltracker.worker.csm.products import waited

__all__ = ["attended", "drawn", "embedded", "normed"]


@triton.jit(do_not_specialize=["start"])
def attended(
    qkv, keys, values, y, cos, sin, position, start, slot_stride, scale,
    heads: tl.constexpr, kv_heads: tl.constexpr, head: tl.constexpr, own_places: tl.constexpr,
    overlap: tl.constexpr, block_g: tl.constexpr, block_p: tl.constexpr,
):  # fmt: skip
    """What the new position of every slot attends to, `y` `[rows, heads * head]`; it joins the cache.

    `own_places`: each slot is at its own `position` `[rows]`; else all are at `start`. `keys`, `values`:
    `[slots, positions, kv heads, head]` of one layer.
    """
    waited(overlap)
    row, kv = tl.program_id(0), tl.program_id(1)
    at = tl.load(position + row) if own_places else tl.full([], 0, tl.int64) + start
    group: tl.constexpr = heads // kv_heads
    at_d, at_g = tl.arange(0, head), tl.arange(0, block_g)
    across = (at_d + head // 2) % head
    sign = tl.where(at_d < head // 2, -1.0, 1.0)
    turn_a = tl.load(cos + at * head + at_d).to(tl.float32)
    turn_b = tl.load(sin + at * head + at_d).to(tl.float32) * sign
    width: tl.constexpr = (heads + 2 * kv_heads) * head
    line = qkv + row * width
    q_at = line + (kv * group + at_g[:, None]) * head
    in_group = at_g[:, None] < group
    q = tl.load(q_at + at_d[None, :], mask=in_group, other=0.0).to(tl.float32) * turn_a[None, :]
    q += tl.load(q_at + across[None, :], mask=in_group, other=0.0).to(tl.float32) * turn_b[None, :]
    k_at = line + (heads + kv) * head
    k = tl.load(k_at + at_d).to(tl.float32) * turn_a + tl.load(k_at + across).to(tl.float32) * turn_b
    v = tl.load(line + (heads + kv_heads + kv) * head + at_d)
    kind = keys.dtype.element_ty
    q, k = q.to(kind), k.to(kind)
    past: tl.constexpr = kv_heads * head
    there = row.to(tl.int64) * slot_stride + kv * head
    tl.store(keys + there + at * past + at_d, k)
    tl.store(values + there + at * past + at_d, v)
    # The new position itself comes first; the past is read from the cache.
    most = tl.sum(q.to(tl.float32) * k.to(tl.float32)[None, :], axis=1) * scale
    weights = tl.full([block_g], 1.0, tl.float32)
    made = tl.zeros([block_g, head], tl.float32) + v.to(tl.float32)[None, :]
    for begin in range(0, at, block_p):
        places = begin + tl.arange(0, block_p)
        before = places < at
        block = tl.load(
            keys + there + places[None, :] * past + at_d[:, None], mask=before[None, :], other=0.0
        )
        likeness = tl.dot(q, block, input_precision="ieee") * scale
        likeness = tl.where(before[None, :], likeness, -float("inf"))
        now = tl.maximum(most, tl.max(likeness, axis=1))
        shares, fade = tl.exp(likeness - now[:, None]), tl.exp(most - now)
        weights = weights * fade + tl.sum(shares, axis=1)
        block = tl.load(
            values + there + places[:, None] * past + at_d[None, :], mask=before[:, None], other=0.0
        )
        made = tl.dot(shares.to(kind), block, made * fade[:, None], input_precision="ieee")
        most = now
    made = made / weights[:, None]
    y_at = y + row * heads * head + (kv * group + at_g[:, None]) * head + at_d[None, :]
    tl.store(y_at, made.to(kind), mask=in_group)


@triton.jit
def _mixed(x):
    """See `sampling`."""
    x = (x ^ (x >> 16)) * 0x21F0AAAD
    x = (x ^ (x >> 15)) * 0xD35A2D97
    return x ^ (x >> 15)


@triton.jit(do_not_specialize=["codebook"])
def drawn(
    logits, forbidden, seed, frame, temperature, top_k, codes, table, norm, onward, scaled, sums, codebook,
    vocabulary: tl.constexpr, codebooks: tl.constexpr, width: tl.constexpr, low_bits: tl.constexpr,
    goes_on: tl.constexpr, overlap: tl.constexpr, block_v: tl.constexpr, block_e: tl.constexpr,
):  # fmt: skip
    """Draw a token from each row of `logits`, as `sampling.pick` does with `sampling.gumbel`'s noise.

    It goes into `codes` `[rows, codebooks]`, and where it `goes_on` its row of `table` into `onward`
    `[rows, width]`, handed on as `product` does with its results. `low_bits`: of a float32 that a logit,
    being a bfloat16, doesn't use.
    """
    waited(overlap)
    row = tl.program_id(0)
    ids = tl.arange(0, block_v)
    known = ids < vocabulary
    allowed = tl.load(logits + row * vocabulary + ids, mask=known, other=0.0).to(tl.float32)
    allowed += tl.load(forbidden + ids, mask=known, other=-float("inf"))
    # Floats in the order of whole numbers, so that the least one still in is found bit by bit.
    bits = allowed.to(tl.int32, bitcast=True)
    order = tl.where(bits < 0, ~bits, bits ^ -2147483648).to(tl.uint32, bitcast=True)
    order = tl.where(known, order, 0)
    least = tl.zeros([], tl.uint32)
    wanted = tl.minimum(tl.load(top_k + row), 100).to(tl.int32)
    for step in range(32 - low_bits):
        tried = least | (tl.full([], 1, tl.uint32) << (31 - step))
        inside = tl.sum((order >= tried).to(tl.int32), axis=0)
        least = tl.where(inside >= wanted, tried, least)
    line = tl.load(seed + row)
    key = _mixed(_mixed(line.to(tl.uint32)) ^ (line >> 32).to(tl.uint32))
    key = _mixed(key ^ tl.load(frame + row).to(tl.uint32))
    chance = _mixed(_mixed((codebook * vocabulary + ids).to(tl.uint32)) ^ key) >> 9
    uniform = (chance.to(tl.float32) + 0.5) * 1.1920928955078125e-07
    noise = -tl.log(-tl.log(uniform))
    score = tl.where(order >= least, allowed + noise * tl.load(temperature + row), -float("inf"))
    token = tl.argmax(tl.where(known, score, -float("inf")), axis=0).to(tl.int64)
    tl.store(codes + row * codebooks + codebook, token)
    if goes_on:
        at_e = tl.arange(0, block_e)
        there = (token + codebook * vocabulary) * width
        inside = at_e < width
        made = tl.load(table + there + at_e, mask=inside, other=0.0)
        tl.store(onward + row * width + at_e, made, mask=inside)
        wide, scale = made.to(tl.float32), tl.load(norm + at_e, mask=inside, other=0.0).to(tl.float32)
        tl.store(scaled + row * width + at_e, (wide * scale).to(made.dtype), mask=inside)
        tl.store(sums + row, tl.sum(wide * wide, axis=0))


@triton.jit
def embedded(
    codes, table, norm, y, scaled, sums,
    vocabulary: tl.constexpr, codebooks: tl.constexpr, width: tl.constexpr, overlap: tl.constexpr,
    block: tl.constexpr,
):  # fmt: skip
    """Frames `codes` `[rows, codebooks]` as the backbone hears them, `y` `[rows, width]`, handed on."""
    waited(overlap)
    row, rows = tl.program_id(0), tl.num_programs(0)
    at = tl.program_id(1) * block + tl.arange(0, block)
    inside = at < width
    made = tl.zeros([block], tl.float32)
    for codebook in tl.static_range(codebooks):
        token = tl.load(codes + row * codebooks + codebook) + codebook * vocabulary
        made += tl.load(table + token * width + at, mask=inside, other=0.0).to(tl.float32)
    kept = made.to(y.dtype.element_ty)
    tl.store(y + row * width + at, kept, mask=inside)
    wide, scale = kept.to(tl.float32), tl.load(norm + at, mask=inside, other=0.0).to(tl.float32)
    tl.store(scaled + row * width + at, (wide * scale).to(kept.dtype), mask=inside)
    tl.store(sums + tl.program_id(1) * rows + row, tl.sum(wide * wide, axis=0))


@triton.jit(do_not_specialize=["parts"])
def normed(
    scaled, squares, y, parts, eps, width: tl.constexpr, overlap: tl.constexpr, block: tl.constexpr,
    block_p: tl.constexpr,
):  # fmt: skip
    """The normed rows of what was handed on."""
    waited(overlap)
    row, rows, at = tl.program_id(0), tl.num_programs(0), tl.arange(0, block)
    at_p = tl.arange(0, block_p)
    sums = tl.load(squares + at_p * rows + row, mask=at_p < parts, other=0.0)
    inside = at < width
    wide = tl.load(scaled + row * width + at, mask=inside, other=0.0).to(tl.float32)
    wide = wide * tl.rsqrt(tl.sum(sums, axis=0) / width + eps)
    tl.store(y + row * width + at, wide.to(y.dtype.element_ty), mask=inside)
