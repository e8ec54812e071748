"""Frozen view models as JSON values. Pure."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any
from uuid import UUID

__all__ = ["to_json"]

_PLAIN = (str, int, float, bool, type(None))


def to_json(value: Any) -> Any:
    """A view model as what `json.dumps` takes: dataclasses become objects, tuples arrays, ids text.

    A field that has its default is left out: a board of 300 beats is sent with every change, and most fields
    of most rows say nothing. Raises `TypeError` for anything that is not a view model.
    """
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): to_json(item) for name, item in value.items()}
    if not is_dataclass(value):
        raise TypeError(f"{type(value).__name__} is no part of a view")
    encoded = {}
    kind: Any = type(value)
    for name, default in _defaults(kind):
        item = getattr(value, name)
        if item is not default and item != default:
            encoded[name] = to_json(item)
    return encoded


@cache
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (entry.name, entry.default_factory() if entry.default_factory is not MISSING else entry.default)
        for entry in fields(kind)
    )
