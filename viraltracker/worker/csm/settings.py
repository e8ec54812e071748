"""The `settings` of a csm pack: a checkpoint with voices of its own, or one voice over a checkpoint.

A checkpoint's pack holds `checkpoint/`, as `transformers` saves it. A voice's pack names that pack as `base`
and may hold `adapter/`, as peft saves it; both may have anchors: clips that say what the voice sounds like.
"""

import re
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from viraltracker.audio import Clip, decode, resample
from viraltracker.errors import AudioError, SettingsRefused
from viraltracker.worker.csm.manifest import missing_from_adapter, missing_from_checkpoint
from viraltracker.worker.model import Pack
from viraltracker.worker.names import is_name

__all__ = [
    "ADAPTER",
    "CHECKPOINT",
    "CsmSettings",
    "MoodClip",
    "csm_settings",
    "missing_from_pack",
    "read_anchor",
]

CHECKPOINT: Final = "checkpoint"
ADAPTER: Final = "adapter"
DEFAULT_MOOD: Final = "default"
_SHORTEST_S, _LONGEST_S = 1.0, 15.0
_MOST_BYTES: Final = 20 << 20


def _file(name: str) -> str:
    if not is_name(name):
        raise ValueError("a clip is a file in the pack itself")
    return name


def _base(name: str) -> str:
    if not is_name(name):
        raise ValueError("`base` is the name of another csm pack")
    return name


def _mood(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name):
        raise ValueError("a mood is a word of a-z, 0-9, hyphens and underscores")
    return name


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("a clip needs the words that are said in it")
    return text.strip()


class MoodClip(BaseModel):
    """An anchor: a clip in the pack, what is said in it, and the mood it stands for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Annotated[str, AfterValidator(_file)]
    transcript: Annotated[str, Field(max_length=1_000), AfterValidator(_said)]
    mood: Annotated[str, AfterValidator(_mood)] = DEFAULT_MOOD


class CsmSettings(BaseModel):
    """`base`: the pack with the checkpoint; none: this one has it. `engine`: how lines are made."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: Annotated[str, AfterValidator(_base)] | None = None
    anchors: Annotated[tuple[MoodClip, ...], Field(max_length=20)] = ()
    engine: Literal["slots", "reference"] = "slots"

    @model_validator(mode="after")
    def _moods_differ(self) -> "CsmSettings":
        moods = [anchor.mood for anchor in self.anchors]
        if len(set(moods)) < len(moods):
            raise ValueError("two clips have one mood; give each its own")
        return self


def csm_settings(pack: Pack) -> CsmSettings:
    """The pack's settings. Raises `SettingsRefused`, with the place and what is wrong there."""
    try:
        return CsmSettings.model_validate(dict(pack.settings))
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        place = ".".join(["settings", *(str(part)[:40] for part in first["loc"])])
        raise SettingsRefused(
            f"metadata.yaml of {pack.id}: {place!r}: {first['msg'][:200]}. Mend it, or make the pack again."
        ) from None


def missing_from_pack(pack: Pack) -> tuple[str, ...]:
    """What the pack lacks, in words; nothing: it is whole. Raises `SettingsRefused` for unfit settings."""
    settings = csm_settings(pack)
    lacking = [
        f"{anchor.file} is missing"
        for anchor in settings.anchors
        if not (pack.folder / anchor.file).is_file()
    ]
    if settings.base is None:
        lacking += [f"{CHECKPOINT}: {each}" for each in missing_from_checkpoint(pack.folder / CHECKPOINT)]
    elif (pack.folder / ADAPTER).exists():
        lacking += [f"{ADAPTER}: {each}" for each in missing_from_adapter(pack.folder / ADAPTER)]
    elif not settings.anchors:
        lacking.append("it has neither an adapter nor a clip")
    if not pack.consent:
        lacking.append("consent is not said")
    return tuple(lacking)


def read_anchor(path: Path, rate_hz: int) -> Clip:
    """The clip at that rate. Raises `SettingsRefused` for what is no clip of 1 to 15 s."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise SettingsRefused(f"The clip {path.name} is over 20 MB. Use one of 1 to 15 seconds.")
        clip = resample(decode(path.read_bytes()), rate_hz)
    except OSError as error:
        raise SettingsRefused(f"The clip {path.name} can't be read ({error.strerror}).") from error
    except AudioError as error:
        raise SettingsRefused(f"The clip {path.name} can't be used. {error.message}") from error
    if not _SHORTEST_S <= clip.length / rate_hz <= _LONGEST_S:
        raise SettingsRefused(
            f"The clip {path.name} is {clip.length / rate_hz:.1f} s long. Use one of 1 to 15 seconds."
        )
    return clip
