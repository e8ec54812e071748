"""Frozen view models as JSON values. Pure."""

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType
from typing import Any
from uuid import UUID

__all__ = ["to_json"]

_PLAIN = frozenset({str, int, bool, NoneType})


def to_json(value: Any) -> Any:
    """A view model as what `json.dumps` takes: dataclasses become objects, tuples arrays, ids text.

    A field that has its default is left out: a board of 300 beats is sent with every change, and most
    fields of most rows say nothing. Raises `TypeError` for anything that is not a view model.
    """
    kind: Any = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple or kind is list:
        return [item if type(item) in _PLAIN else to_json(item) for item in value]
    if kind is float:
        # JSON has no infinity, and one spoils the whole message; silence is -inf LUFS.
        return value if math.isfinite(value) else None
    if kind is UUID:
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): to_json(item) for name, item in value.items()}
    encoded = {}
    for name, default in _defaults(kind):
        item = getattr(value, name)
        # 12,000 fields a board: plain values are not worth a call.
        if item is not default and item != default:
            encoded[name] = item if type(item) in _PLAIN else to_json(item)
    return encoded


@cache
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...]:
    if not is_dataclass(kind):
        raise TypeError(f"{kind.__name__} is no part of a view")
    return tuple(
        (entry.name, entry.default_factory() if entry.default_factory is not MISSING else entry.default)
        for entry in fields(kind)
    )
