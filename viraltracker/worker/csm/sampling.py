"""Drawing a token without asking the host: Gumbel-max, with chance that depends on seed and place alone.

The largest of `logits + temperature * gumbel` is a draw from `softmax(logits / temperature)`, so one `argmax`
samples, and temperature 0 is the greedy choice. The noise of a token comes from a counter-based hash of the
line's seed, the frame, the codebook and the token: a line sounds the same alone and in any company.

Gumbel-max: E. J. Gumbel, Statistical Theory of Extreme Values (1954). Hash: two rounds of multiply and
xor-shift with the constants of least bias that C. Wellons' hash-prospector found.
"""

import torch
from torch import Tensor

__all__ = ["MOST_TOP_K", "gumbel", "pick"]

MOST_TOP_K = 100
"""The widest choice of a draw; the published checkpoint's own is 50."""

_LOW = 0xFFFF_FFFF


def gumbel(seeds: Tensor, frames: Tensor, codebooks: int, vocabulary: int) -> Tensor:
    """Noise `[slots, codebooks, vocabulary]`, float32 and finite. `seeds`, `frames`: `[slots]`, int64."""
    keys = _mixed(_mixed(seeds & _LOW) ^ (seeds >> 32 & _LOW))
    keys = _mixed(keys ^ frames)
    places = torch.arange(codebooks * vocabulary, device=seeds.device)
    # Twice, for two keys that differ in little would give two rows that differ in little.
    bits = _mixed(_mixed(places)[None, :] ^ keys[:, None]) >> 9
    uniform = (bits.float() + 0.5) * 2.0**-23
    return -torch.log(-torch.log(uniform)).view(len(seeds), codebooks, vocabulary)


def pick(logits: Tensor, forbidden: Tensor, noise: Tensor, temperature: Tensor, top_k: Tensor) -> Tensor:
    """A token for each row of `logits` `[slots, vocabulary]`; `[slots]`, int64.

    `forbidden` `[vocabulary]`: 0, or minus infinity for what may not be drawn. `top_k` `[slots]`: among so
    many of the likeliest, 1 to `MOST_TOP_K`; equally likely ones are all in, as in `transformers`.
    """
    allowed = logits.float() + forbidden
    likeliest = allowed.topk(min(MOST_TOP_K, allowed.shape[-1]), dim=-1).values
    least = likeliest.gather(1, (top_k[:, None] - 1).clamp(max=likeliest.shape[-1] - 1))
    allowed = allowed.masked_fill(allowed < least, -torch.inf)
    return (allowed + noise * temperature[:, None]).argmax(-1)


def _mixed(x: Tensor) -> Tensor:
    """A bijection of 32-bit numbers, held in int64, in which every bit depends on every bit."""
    x = (x ^ (x >> 16)) * 0x21F0AAAD & _LOW
    x = (x ^ (x >> 15)) * 0xD35A2D97 & _LOW
    return x ^ (x >> 15)
