"""What lies beside a Piper voice: its `.onnx.json`, read without trust. Imports nothing of Piper.

The format is that of rhasspy/piper's training export, as the published voices have it; entries that aren't
named here are the library's own business.
"""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from viraltracker.errors import SettingsRefused

__all__ = ["PiperSettings", "VoiceFile", "read_voice_file"]

_MAX_BYTES: Final = 4 << 20
"""The largest published file (904 speakers) has 25 kB."""
_MAX_SPEAKERS: Final = 10_000
_BOUNDARIES: Final = ("^", "_", "$")
"""The symbols that begin, separate and end every sentence's phonemes."""

_Scale = Annotated[float, Field(ge=0.0, le=10.0, allow_inf_nan=False)]
_Id = Annotated[int, Field(ge=0)]
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class PiperSettings(BaseModel):
    """The `settings` of a Piper pack: where it came from, and the SHA-256 of its files by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quality: str = Field(default="", max_length=40)
    source: str = Field(default="", max_length=300)
    sha256: dict[str, _Sha256] = Field(default_factory=dict, max_length=8)


class _Audio(BaseModel):
    sample_rate: int = Field(ge=8_000, le=96_000)


class _Espeak(BaseModel):
    voice: str = Field(min_length=1, max_length=60)


class _Inference(BaseModel):
    noise_scale: _Scale = 0.667
    length_scale: Annotated[_Scale, Field(gt=0.0)] = 1.0
    noise_w: _Scale = 0.8


class VoiceFile(BaseModel):
    """A voice's own description: its rate, speakers, defaults and phonemes."""

    model_config = ConfigDict(frozen=True)

    audio: _Audio
    espeak: _Espeak
    inference: _Inference = _Inference()
    phoneme_type: Literal["espeak", "text"] = "espeak"
    phoneme_id_map: dict[str, list[_Id]]
    num_symbols: int = Field(ge=1)
    num_speakers: int = Field(ge=0, le=_MAX_SPEAKERS)
    speaker_id_map: dict[str, _Id] = Field(default_factory=dict)
    default_speaker_id: _Id = 0
    vowel_clusters: list[list[str]] = Field(default_factory=list)
    piper_version: str | None = Field(default=None, max_length=40)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "VoiceFile":
        missing = [symbol for symbol in _BOUNDARIES if symbol not in self.phoneme_id_map]
        if missing:
            raise ValueError(f"its phoneme_id_map lacks {' and '.join(missing)}")
        most = max(1, self.num_speakers)
        if any(number >= most for number in (self.default_speaker_id, *self.speaker_id_map.values())):
            raise ValueError(f"it names a speaker beyond its {most}")
        return self

    @property
    def speakers(self) -> tuple[tuple[str, int], ...]:
        """Names and ids, the default first; empty for a voice of one speaker."""
        if self.num_speakers <= 1:
            return ()
        names = {number: str(number) for number in range(self.num_speakers)}
        # A name that a terminal or a page could not show stays a number.
        names |= {number: name for name, number in self.speaker_id_map.items() if _showable(name)}
        order = sorted(names, key=lambda number: (number != self.default_speaker_id, number))
        return tuple((names[number], number) for number in order)


def read_voice_file(path: Path) -> VoiceFile:
    """The description at `path`. Raises `SettingsRefused` with what is wrong."""
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except OSError as refused:
        raise SettingsRefused(
            f"The voice's file {path.name} can't be read: {(refused.strerror or 'no file').lower()}. "
            "Install the voice again."
        ) from None
    if len(raw) > _MAX_BYTES:
        raise SettingsRefused(f"{path.name} is over {_MAX_BYTES >> 20} MB: no voice's description.")
    try:
        return VoiceFile.model_validate_json(raw)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:60]
        where = f"{place}: " if place.isprintable() and place else ""
        raise SettingsRefused(
            f"{path.name} is no description of a Piper voice: {where}{first['msg'][:200]}. "
            "Install the voice again."
        ) from None


def _showable(name: str) -> bool:
    return name.isprintable() and 0 < len(name.strip()) == len(name) <= 80
