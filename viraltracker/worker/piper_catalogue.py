"""The catalogue of published Piper voices (`voices.json` of rhasspy/piper-voices), read without trust.

It maps a voice's key to its name, language, quality, speakers and files: path -> size and MD5. Of the files
only three are known here, each with a name of our own, so no name or path in it becomes one on this disk.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, Field, ValidationError

from viraltracker.errors import NotFound, SettingsRefused
from viraltracker.worker.fetching import RemoteFile
from viraltracker.worker.names import is_name, nearest, shown

__all__ = ["CATALOGUE", "CATALOGUE_BYTES", "MODEL_CARD", "CatalogueVoice", "choose", "licence_of"]

CATALOGUE: Final = "voices.json"
CATALOGUE_BYTES: Final = 32 << 20
"""The longest catalogue that is read; the public one has 0.3 MB."""

MODEL_CARD: Final = "MODEL_CARD"
_MODEL_BYTES: Final = 1 << 30
_SMALL_BYTES: Final = 4 << 20

_LICENCE: Final = re.compile(r"^[\s*#-]*licen[cs]e[ \t]*:[* \t]*(\S.*)$", re.IGNORECASE | re.MULTILINE)
_URL: Final = re.compile(r"^[\s*#-]*url[ \t]*:[* \t]*(https?://\S+)", re.IGNORECASE | re.MULTILINE)
_UNSTATED: Final = "not stated in its model card"


@dataclass(frozen=True, slots=True)
class CatalogueVoice:
    """A voice that can be installed. `name` is the pack's, `files` come smallest first."""

    name: str
    title: str
    languages: tuple[str, ...]
    quality: str
    speakers: int
    files: tuple[RemoteFile, ...]

    @property
    def size_bytes(self) -> int:
        """Of all its files."""
        return sum(file.size_bytes for file in self.files)

    @property
    def model_card(self) -> RemoteFile | None:
        """The file that says where the voice comes from, if it has one."""
        return next((file for file in self.files if file.name == MODEL_CARD), None)


class _Language(BaseModel):
    code: str = Field(pattern=r"^[A-Za-z]{2,8}([_-][A-Za-z0-9]{1,8})*$", max_length=35)
    name_english: str = ""
    country_english: str = ""


class _File(BaseModel):
    size_bytes: int = Field(ge=1, le=_MODEL_BYTES)
    md5_digest: str = Field(pattern=r"^[0-9a-f]{32}$")


class _Entry(BaseModel):
    name: str = Field(min_length=1, max_length=80)
    language: _Language
    quality: str = Field(pattern=r"^[a-z_]{1,20}$")
    num_speakers: int = Field(ge=1, le=10_000)
    files: dict[str, _File]


def choose(catalogue: bytes, wanted: str) -> CatalogueVoice:
    """The voice of that key, pack name or alias.

    Raises `NotFound`, and `SettingsRefused` for what is no catalogue, or an entry that can't be used.
    """
    entries = _entries(catalogue)
    known = {alias: key for key, entry in entries.items() for alias in _aliases(entry)}
    known |= {pack_name(key): key for key in entries} | {key: key for key in entries}
    key = known.get(wanted)
    if key is None:
        near = nearest(wanted, known)
        way_out = f"Did you mean {shown(near)}?" if near else "The names are like en_US-lessac-medium."
        raise NotFound(f"The catalogue has no voice {shown(wanted)!r}. {way_out}")
    try:
        entry = _Entry.model_validate(entries[key])
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        place = shown(".".join(str(part) for part in first["loc"]))
        raise _unusable(key, f"its {place} makes no sense") from None
    name = pack_name(key)
    if not is_name(name):
        raise _unusable(key, "it can't be called that")
    return CatalogueVoice(
        name=name,
        title=_title(entry),
        languages=(entry.language.code.replace("_", "-"),),
        quality=entry.quality,
        speakers=entry.num_speakers,
        files=_files(key, name, entry.files),
    )


def pack_name(key: str) -> str:
    """The key in ASCII, as a folder is called everywhere: `pt_PT-tugão-medium` loses its tilde."""
    letters = unicodedata.normalize("NFKD", key)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def licence_of(model_card: str) -> str:
    """What the card's line `License:` says, in one line that can be shown."""
    found, source = _LICENCE.search(model_card), _URL.search(model_card)
    said = found[1].strip() if found else ""
    if said.lower() == "see url" and source:  # as many cards have it
        said = f"see {source[1]}"
    return "".join(letter for letter in said if letter.isprintable())[:200].strip() or _UNSTATED


def _entries(catalogue: bytes) -> Mapping[str, Any]:
    try:
        entries = json.loads(catalogue)
    except (ValueError, RecursionError):
        entries = None
    if not isinstance(entries, dict) or not entries:
        raise SettingsRefused(
            f"The {CATALOGUE} that was found there is no catalogue of Piper voices. "
            "Check VIRALTRACKER_PIPER_VOICES_URL."
        )
    return entries


def _aliases(entry: object) -> list[str]:
    aliases = entry.get("aliases") if isinstance(entry, dict) else None
    return [alias for alias in aliases if isinstance(alias, str)] if isinstance(aliases, list) else []


def _files(key: str, name: str, listed: Mapping[str, _File]) -> tuple[RemoteFile, ...]:
    expected = {
        f"{key}.onnx": f"{name}.onnx",
        f"{key}.onnx.json": f"{name}.onnx.json",
        MODEL_CARD: MODEL_CARD,
    }
    found: dict[str, RemoteFile] = {}
    for path, file in listed.items():
        own = expected.get(path.rpartition("/")[2])
        if own is None:
            continue
        if own in found or not _stays_below(path):
            raise _unusable(key, f"it lists {shown(path)!r}")
        if not own.endswith(".onnx") and file.size_bytes > _SMALL_BYTES:
            raise _unusable(key, f"its {own} is too large")
        found[own] = RemoteFile(path, own, file.size_bytes, file.md5_digest)
    missing = [own for own in expected.values() if own not in found and own != MODEL_CARD]
    if missing:
        raise _unusable(key, f"it has no {missing[0]}")
    return tuple(sorted(found.values(), key=lambda file: file.size_bytes))


def _stays_below(path: str) -> bool:
    """Whether an address made of it stays below the catalogue's own."""
    parts = path.split("/")
    return path.isprintable() and "\\" not in path and len(path) <= 300 and not {"", ".", ".."} & set(parts)


def _title(entry: _Entry) -> str:
    language = ", ".join(
        part for part in (entry.language.name_english, entry.language.country_english) if part
    )
    return f"{shown(entry.name)}, {entry.quality} ({shown(language or entry.language.code)})"


def _unusable(key: str, why: str) -> SettingsRefused:
    return SettingsRefused(
        f"The catalogue's entry of {shown(key)!r} can't be used: {why}. Install another voice, or check "
        "VIRALTRACKER_PIPER_VOICES_URL."
    )
