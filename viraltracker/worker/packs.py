"""Voice packs: folders `<family>/<name>/` that each describe themselves in a `metadata.yaml`.

A pack that can't be used is told beside those that can. Knows what a pack says about itself, not what its
family makes of the files.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from uuid import uuid4

import anyio
import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from viraltracker.errors import SettingsRefused
from viraltracker.worker.model import Consent, Pack
from viraltracker.worker.names import NAME_CHARS, is_family, is_name, shown
from viraltracker.worker.ports import Family
from viraltracker.worker.yaml_files import mapping_of, read_mapping, refusals

__all__ = [
    "METADATA",
    "BrokenPack",
    "Packs",
    "catalogue",
    "read_again",
    "read_pack",
    "read_packs",
    "write_metadata",
]

METADATA: Final = "metadata.yaml"

_TEXT_CHARS: Final = 200


def _text(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("it should be one line of text")
    return text.strip()


def _language(tag: str) -> str:
    parts = tag.split("-")
    well_formed = all(part.isascii() and part.isalnum() and len(part) <= 8 for part in parts)
    if not (well_formed and parts[0].isalpha() and len(parts[0]) >= 2):
        raise ValueError("a language is written like en, en-GB or pt-BR")
    return tag


Text = Annotated[str, Field(max_length=_TEXT_CHARS), AfterValidator(_text)]
Language = Annotated[str, Field(max_length=35), AfterValidator(_language)]


class _Metadata(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    id: str
    family: str
    title: Text
    version: Text
    languages: list[Language] = Field(min_length=1, max_length=500)
    capabilities: list[Literal["streaming", "batching", "speed", "seed"]]
    rate_hz: int = Field(ge=8_000, le=192_000)
    licence: Text
    consent: Consent
    settings: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class BrokenPack:
    """A pack that can't be used. `id`: its folder as `family/name`; `problem`: why, and what to mend."""

    id: str
    problem: str


@dataclass(frozen=True, slots=True)
class Packs:
    """What there is to load, and what is broken; both in the order of their ids."""

    packs: tuple[Pack, ...] = ()
    broken: tuple[BrokenPack, ...] = ()


def read_packs(root: Path) -> Packs:
    """Every pack below a folder; none where there is no such folder. What begins with a dot is passed over:
    installers prepare packs there.

    Raises `SettingsRefused` if the folder itself can't be read.
    """
    try:
        families = list(_folders(root)) if root.exists() else []
    except OSError as error:
        raise SettingsRefused(
            f"The folder of voice packs can't be read ({error.strerror}). "
            "Name another one as `packs`, or mend its permissions."
        ) from error
    packs: dict[str, Pack] = {}
    broken = []
    for family in families:
        try:
            folders = list(_folders(family))
        except OSError as error:
            broken.append(BrokenPack(shown(family.name), _unreadable(error)))
            continue
        for folder in folders:
            try:
                pack = read_pack(folder)
                _refuse_twin(pack.id, packs.get(pack.id.casefold()))
            except SettingsRefused as refused:
                broken.append(BrokenPack(_told_id(folder), refused.message))
            else:
                packs[pack.id.casefold()] = pack
    return Packs(tuple(packs.values()), tuple(broken))


def read_pack(folder: Path) -> Pack:
    """The pack in a folder `.../<family>/<name>`. Raises `SettingsRefused`: why not, and what to mend."""
    family, name = folder.parent.name, folder.name
    if not (is_family(family) and is_name(name)):
        raise SettingsRefused(
            f"A folder can't be called that: use a-z, 0-9, dots, hyphens and underscores, "
            f"{NAME_CHARS} characters at most, and capitals only in the pack's own name. Rename it."
        )
    try:
        _refuse_escapes(folder)
    except OSError as error:
        raise SettingsRefused(_unreadable(error)) from error
    metadata = _valid(read_mapping(folder / METADATA))
    if (metadata.id, metadata.family) != (f"{family}/{name}", family):
        raise SettingsRefused(
            f"{METADATA} describes {shown(metadata.id)} of {shown(metadata.family)}, but lies in "
            f"{family}/{name}. Rename the folder, or mend `id` and `family`."
        )
    return Pack(
        id=metadata.id,
        family=family,
        title=metadata.title,
        version=metadata.version,
        languages=tuple(metadata.languages),
        capabilities=frozenset(metadata.capabilities),
        rate_hz=metadata.rate_hz,
        licence=metadata.licence,
        consent=metadata.consent,
        folder=folder,
        settings=metadata.settings,
    )


async def read_again(pack: Pack) -> Pack:
    """The pack as its folder describes it now; one without files as it is. Raises `SettingsRefused`."""
    return pack if pack.folder == Path() else await anyio.to_thread.run_sync(read_pack, pack.folder)


def catalogue(found: Packs, families: Iterable[Family]) -> Packs:
    """What these families can load: their built-in packs, and those found whose family is among them."""
    engines = {family.name: family for family in families}
    packs = {pack.id: pack for family in engines.values() for pack in family.built_in}
    broken = list(found.broken)
    for pack in found.packs:
        if pack.family not in engines:
            broken.append(
                BrokenPack(
                    pack.id, f"Its engine {pack.family} is not in use. Add it to `engines`, or remove it."
                )
            )
        elif pack.id in packs:
            broken.append(
                BrokenPack(
                    f"{pack.id} (folder)", "The engine has a pack of that name itself. Rename the folder."
                )
            )
        else:
            packs[pack.id] = pack
    return Packs(tuple(packs[id_] for id_ in sorted(packs)), tuple(sorted(broken, key=lambda each: each.id)))


def write_metadata(folder: Path, pack: Pack) -> None:
    """Describe a pack in `folder`, which may still have another name than the pack: whole, or not at all.

    Raises `SettingsRefused` for what `read_pack` would refuse, and `OSError` as the disk says.
    """
    said = {
        "id": pack.id,
        "family": pack.family,
        "title": pack.title,
        "version": pack.version,
        "languages": list(pack.languages),
        "capabilities": sorted(pack.capabilities),
        "rate_hz": pack.rate_hz,
        "licence": pack.licence,
        "consent": pack.consent,
        "settings": dict(pack.settings),
    }
    try:
        content = yaml.dump(said, Dumper=_Plain, sort_keys=False, allow_unicode=True, encoding="utf-8")
    except yaml.YAMLError as error:
        raise SettingsRefused(
            f"{METADATA} of {shown(pack.id)}: its settings are not plain values. Give text and numbers."
        ) from error
    _valid(mapping_of(content, METADATA))
    _write_whole(folder / METADATA, content)


class _Plain(yaml.SafeDumper):
    """Writes a value that is there twice twice: files with anchors are not read."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _valid(said: dict[str, Any]) -> _Metadata:
    try:
        return _Metadata.model_validate(said)
    except ValidationError as error:
        raise SettingsRefused(f"{METADATA}: {' '.join(refusals(error, _Metadata))}") from None


def _folders(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if not path.name.startswith(".") and path.is_dir():
            yield path


def _refuse_twin(id_: str, twin: Pack | None) -> None:
    if twin is not None:
        raise SettingsRefused(
            f"{id_} and {twin.id} differ in capitals only, and not every disk tells them apart. Rename one."
        )


def _refuse_escapes(folder: Path) -> None:
    """Links may not lead out of a pack: who may put one there could have any file of the machine read."""
    real = Path(os.path.realpath(folder))
    if real != Path(os.path.realpath(folder.parent.parent)) / folder.parent.name / folder.name:
        raise SettingsRefused("The folder is a link. Put the pack itself there.")
    for path in folder.iterdir():
        if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(real):
            raise SettingsRefused(f"{shown(path.name)} links out of the pack. Put the file itself there.")


def _write_whole(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _unreadable(error: OSError) -> str:
    return f"The folder can't be read ({error.strerror}). Mend its permissions."


def _told_id(folder: Path) -> str:
    return f"{shown(folder.parent.name)}/{shown(folder.name)}"
