"""Signed links to audio and downloads: who may fetch what, until when. Pure: the clock is handed in.

A link is a capability: whoever has it may fetch that one thing until it ends. Its signature covers the kind
of thing, its id, the user it was made for and the end. The end is rounded up to the hour, so that a page
drawn again within that hour carries the same link and a player that sounds is not restarted.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

__all__ = ["HOUR_S", "Kind", "LinkSigner", "expiry_s"]

Kind = Literal["audio", "download"]

HOUR_S = 3600
_KEY_BYTES = 32


def expiry_s(now_s: float) -> int:
    """The end of a link made at `now_s` (Unix seconds): the full hour that is one to two hours away."""
    return (int(now_s) // HOUR_S + 2) * HOUR_S


@dataclass(frozen=True, slots=True)
class LinkSigner:
    """Makes and checks links with one secret key of 32 bytes. `clock` gives Unix seconds."""

    key: bytes
    clock: Callable[[], float]

    def __post_init__(self) -> None:
        if len(self.key) < _KEY_BYTES:
            raise ValueError(f"a link key has at least {_KEY_BYTES} bytes")

    def link(self, kind: Kind, thing: str, user: str) -> str:
        """The path and query under which `user` may fetch `thing`, a hash or an id."""
        if not _plain(thing):
            raise ValueError("what a link names is made of letters, digits and hyphens")
        end_s = expiry_s(self.clock())
        query = urlencode({"u": user, "e": end_s, "s": self._sign(kind, thing, user, end_s)})
        return f"/{kind}/{thing}?{query}"

    def remaining_s(self, kind: Kind, thing: str, query: Mapping[str, str]) -> int | None:
        """Seconds for which the link still opens `thing`; None for a link that is not ours or has ended."""
        user, end, signature = query.get("u", ""), query.get("e", ""), query.get("s", "")
        if not (_plain(thing) and end.isascii() and end.isdigit() and len(end) <= 12):
            return None
        end_s = int(end)
        expected = self._sign(kind, thing, user, end_s)
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            return None
        left_s = end_s - self.clock()
        return int(left_s) if left_s >= 1 else None

    def _sign(self, kind: str, thing: str, user: str, end_s: int) -> str:
        # Each part with its length, so that no two different links are signed as the same bytes.
        parts = [part.encode() for part in (kind, thing, user, str(end_s))]
        message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.new(self.key, message, hashlib.sha256).hexdigest()


def _plain(thing: str) -> bool:
    return bool(thing) and thing.isascii() and all(letter.isalnum() or letter == "-" for letter in thing)
