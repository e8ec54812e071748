"""Script text as CSM may read it. What a script says is only ever text: the model takes "[1]" for another
speaker, and the tokeniser would take "<|AUDIO|>" for a frame.
"""

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["Plain", "plain"]

_MARK: Final = re.compile(r"<\|?([A-Za-z0-9_/-][A-Za-z0-9_/ -]{0,59}?)\|?>")
_TAG: Final = re.compile(r"\[\s*(\d+)\s*\]")
_BLANK: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Plain:
    """`text` as it is spoken, and what was `changed` for that, as it stood in the script."""

    text: str
    changed: tuple[str, ...] = ()


def plain(text: str) -> Plain:
    """The text without what the model would take for marks of its own; the words in them are kept."""
    changed = [found.group() for pattern in (_MARK, _TAG) for found in pattern.finditer(text)]
    for pattern in (_MARK, _TAG):
        text = pattern.sub(lambda found: found.group(1).replace("_", " "), text)
    return Plain(_BLANK.sub(" ", text).strip(), tuple(changed))
