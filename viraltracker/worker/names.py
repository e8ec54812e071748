"""What families and packs may be called, and how a name from outside is told. Pure."""

import difflib
import re
from collections.abc import Iterable

__all__ = ["NAME_CHARS", "is_family", "is_name", "nearest", "shown"]

NAME_CHARS = 80
"""The longest name of a family, and of a pack in it."""

SHOWN_CHARS = 60

_FAMILY = re.compile(r"[a-z0-9][a-z0-9._-]*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def is_family(text: str) -> bool:
    """Whether a family may be called that: a-z, 0-9, dots, hyphens and underscores."""
    return len(text) <= NAME_CHARS and _FAMILY.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Whether a pack may be called that: as a family, and capitals too (`en_US-lessac-medium`)."""
    return len(text) <= NAME_CHARS and _NAME.fullmatch(text) is not None


def shown(text: str) -> str:
    """Anybody's text, short and printable, for a message or a log."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text[:SHOWN_CHARS])


def nearest(text: str, known: Iterable[str]) -> str:
    """The known name that was most likely meant; empty: none is near."""
    # Cut first: the comparison's time grows with the square of the length.
    return next(iter(difflib.get_close_matches(text[: 2 * NAME_CHARS], known, n=1)), "")
