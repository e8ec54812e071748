"""Names: how they are compared, which id a new character gets, and what a script may call whom. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from viraltracker.errors import BadInput
from viraltracker.voices.model import Character

__all__ = ["ID_LENGTH", "cast_names", "fold", "is_slug", "slug"]

ID_LENGTH = 50
"""Longest id; it stands in file names, URLs and a database column."""

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_BLANKS = re.compile(r"[\s_-]")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def fold(name: str) -> str:
    """A name as it is compared: trimmed, NFC, casefolded, with blank, `_` and `-` alike."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.strip()).casefold())
    return _BLANKS.sub("-", folded)


def is_slug(text: str) -> bool:
    """Whether `text` can be an id: words of a-z and 0-9 joined by single hyphens, 50 characters at most."""
    return len(text) <= ID_LENGTH and _SLUG.fullmatch(text) is not None


def slug(name: str) -> str:
    """The id for a new character called `name`: `The Fed` becomes `the-fed`, `José` becomes `jose`.

    Raises `BadInput` where nothing of a-z or 0-9 is left; then the producer chooses an id.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    made = _NOT_SLUG.sub("-", plain).strip("-")[:ID_LENGTH].strip("-")
    if not made:
        raise BadInput(f'No id can be made from the name "{name}". Give one of the letters a-z and digits.')
    return made


def cast_names(cast: Iterable[Character]) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Canonical ids in order, and every id and alias as written -> its id: what a script's parser needs.

    Raises `BadInput` when two characters answer to the same name.
    """
    names: dict[str, str] = {}
    owners: dict[str, str] = {}
    ids: list[str] = []
    for character in cast:
        if character.id in ids:
            raise BadInput(f'There are two characters "{character.id}". Give one of them another id.')
        ids.append(character.id)
        for name in (character.id, *character.aliases):
            owner = owners.setdefault(fold(name), character.id)
            if owner != character.id:
                raise BadInput(
                    f'"{owner}" and "{character.id}" would both answer to "{name}". Rename one of them.',
                    name=name,
                    characters=(owner, character.id),
                )
            names[name] = character.id
    return tuple(ids), names
