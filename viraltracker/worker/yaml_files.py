"""Small YAML files that a person wrote: read whole, within bounds, as plain values. Knows no key by name.

Anchors, dates, tags and doubled keys are refused: of the few who use them here, most didn't mean to.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ValidationError

from viraltracker.errors import SettingsRefused
from viraltracker.worker.names import nearest, shown

__all__ = ["MOST_BYTES", "mapping_of", "read_mapping", "refusals"]

MOST_BYTES: Final = 64 * 1024
"""The longest file that is read; the list of a thousand speakers takes some 20 KB."""

_PLAIN: Final = frozenset(
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "map", "seq")
)
_TEXT: Final = "tag:yaml.org,2002:str"


def read_mapping(path: Path) -> dict[str, Any]:
    """The file's keys and values. Raises `SettingsRefused`, which names the file and the place."""
    try:
        if not path.is_file():  # a pipe would be waited for
            raise SettingsRefused(f"{path.name} is missing, or not a file. Put it there.")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SettingsRefused(
            f"{path.name} can't be read ({error.strerror}). Mend its permissions."
        ) from error
    return mapping_of(content, path.name)


def mapping_of(content: bytes, name: str) -> dict[str, Any]:
    """The keys and values of a file's bytes; of an empty one, none. `name` is told when it is refused.

    Raises `SettingsRefused`.
    """
    if len(content) > MOST_BYTES:
        raise SettingsRefused(f"{name} is longer than {MOST_BYTES} bytes. Shorten it.")
    try:
        text = content.decode("utf-8-sig")
        root = yaml.compose(text, yaml.SafeLoader)
        _check(root, name)
        value = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        raise SettingsRefused(
            f"{name}: {_place(error.problem_mark)} is no YAML. "
            "Often a colon, a quote or a blank is missing there, or a tab is too much."
        ) from error
    except (yaml.YAMLError, ValueError, LookupError) as error:
        # PyYAML's own readers of numbers fail with these on what only looks like a number.
        raise SettingsRefused(
            f"{name} is no YAML, or has a value that is no number and no text. Write it as UTF-8, odd values "
            "in quotes."
        ) from error
    except RecursionError as error:
        raise SettingsRefused(f"{name} is nested too deeply. Flatten it.") from error
    if value is not None and not isinstance(value, dict):
        raise SettingsRefused(f"{name} must be `key: value` lines. Write it like the example.")
    return value or {}


def refusals(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """What is wrong with a file, a sentence each with the key first; no value of the file is in it."""
    lines = []
    for finding in error.errors(include_url=False, include_input=False):
        where, kind = finding["loc"], finding["type"]
        cause = finding.get("ctx", {}).get("error")
        if kind == "extra_forbidden":
            near = nearest(str(where[-1]), _keys(model, where[:-1]))
            said = f"there is no such key. {f'Did you mean {near}?' if near else 'Remove it.'}"
        elif kind == "missing":
            said = "it is missing. Add it."
        elif kind == "string_type":
            said = "it should be text. Put it in quotes."
        elif cause is not None:
            said = f"{cause}."
        else:
            said = f"{finding['msg'].replace('Input should', 'it should')}."
        key = ".".join(shown(str(part)) for part in where)
        lines.append(f"{key}: {said}" if key else said)
    return lines


def _keys(model: type[BaseModel], path: tuple[int | str, ...]) -> Iterator[str]:
    """The keys that may stand at this place of the file."""
    for part in path:
        below = model.model_fields[str(part)].annotation
        if not (isinstance(below, type) and issubclass(below, BaseModel)):
            return
        model = below
    yield from model.model_fields


def _check(root: yaml.Node | None, name: str) -> None:
    """Refuse what YAML can and a file here shouldn't; without recursion, for aliases may form a ring."""
    seen: set[int] = set()
    waiting = [] if root is None else [root]
    while waiting:
        node = waiting.pop()
        place = f"{name}: {_place(node.start_mark)}"
        if id(node) in seen:
            raise SettingsRefused(f"{place} is used twice, by an anchor. Write the value out.")
        seen.add(id(node))
        if node.tag not in _PLAIN:
            raise SettingsRefused(f"{place} is neither text nor a number. Put it in quotes.")
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            keys = [key for key, _ in node.value]
            _check_keys(keys, name)
            waiting += keys + [value for _, value in node.value]


def _check_keys(keys: list[yaml.Node], name: str) -> None:
    known: set[str] = set()
    for key in keys:
        place = f"{name}: {_place(key.start_mark)}"
        if not isinstance(key, yaml.ScalarNode) or key.tag != _TEXT:
            raise SettingsRefused(f"{place} should be a key's name. Put it in quotes.")
        if key.value in known:
            raise SettingsRefused(f"{place} has a key that is there already. Remove one of them.")
        known.add(key.value)


def _place(mark: yaml.Mark | None) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else "something"
