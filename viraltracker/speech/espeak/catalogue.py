"""Which voices eSpeak NG has, read from its data files: a language, and a variant that colours it.

The library itself can't be asked: it speaks with the plain voice when a variant is unknown, and with the last
voice when a language is. Source: the files `lang/*/*` and `voices/!v/*`, plain `key value` lines.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from viraltracker.errors import Refused
from viraltracker.speech.model import VoiceInfo

__all__ = ["Catalogue"]

_NUMBERED = re.compile(r"((?:fe)?male)(\d+)", re.IGNORECASE)
_FIRST = "en-us"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A voice file: its id, its name for people, its gender where told, and the codes it answers to."""

    id: str
    name: str
    gender: str = ""
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Languages and variants by id. A voice's id is `language` or `language+variant`, such as `en-us+m3`."""

    languages: Mapping[str, _Entry]
    variants: Mapping[str, _Entry]

    @classmethod
    def read(cls, data: Path) -> "Catalogue":
        """The voices in a data folder. Languages whose dictionary is missing would be mute: left out."""
        spoken = (_entry(file, file.name.lower()) for file in _files(data / "lang") if _has_words(file, data))
        languages = sorted(
            spoken, key=lambda entry: (not entry.id.startswith("en"), entry.id != _FIRST, entry.name)
        )
        variants = (_entry(file, file.name) for file in _files(data / "voices" / "!v"))
        return cls({entry.id: entry for entry in languages}, {entry.id: entry for entry in variants})

    def resolve(self, voice: str) -> str:
        """The id as the library takes it. Raises `Refused`, naming close ones, where there is none."""
        code, plus, wanted = voice.partition("+")
        language = self._language(code)
        if language is None:
            raise Refused(
                f'eSpeak NG has no language "{_shown(code)}". {_instead(code, self.languages)} '
                "Choose a voice on the Voices page.",
                voice=_shown(voice),
            )
        if not plus:
            return language
        variant = next((name for name in self.variants if name.casefold() == wanted.casefold()), None)
        if variant is None:
            raise Refused(
                f'eSpeak NG has no voice variant "{_shown(wanted)}". {_instead(wanted, self.variants)} '
                "Choose a voice on the Voices page.",
                voice=_shown(voice),
            )
        return f"{language}+{variant}"

    def infos(self) -> tuple[VoiceInfo, ...]:
        """Each language's plain voice, and English in all variants. Any language takes any variant."""
        infos = []
        for language in self.languages.values():
            infos.append(_info(language, None))
            if language.id == "en" or language.id.startswith("en-"):
                infos.extend(_info(language, variant) for variant in self.variants.values())
        return tuple(infos)

    def _language(self, code: str) -> str | None:
        wanted = code.lower()
        if wanted in self.languages:
            return wanted
        return next((entry.id for entry in self.languages.values() if wanted in entry.codes), None)


def _files(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _entry(file: Path, voice_id: str) -> _Entry:
    name, gender = voice_id, ""
    codes: list[str] = []
    for line in file.read_text("utf-8", "replace").splitlines():
        key, _, value = line.strip().partition(" ")
        match key.lower():
            case "name":
                name = value.strip()
            case "gender":
                gender = value.split()[0].lower() if value.split() else ""
            case "language" if not codes:  # the first is the voice's own, the others are fallbacks
                codes.append(value.split()[0].lower() if value.split() else "")
    return _Entry(voice_id, name, gender, tuple(codes))


def _has_words(file: Path, data: Path) -> bool:
    """Whether the dictionary a language needs is there: the one it names, else its first subtag's."""
    named = re.search(
        r"^dictionary\s+(\S+)", file.read_text("utf-8", "replace"), re.MULTILINE | re.IGNORECASE
    )
    stem = named[1] if named else file.name.lower().partition("-")[0]
    return (data / f"{stem}_dict").is_file()


def _info(language: _Entry, variant: _Entry | None) -> VoiceInfo:
    if variant is None:
        return VoiceInfo(language.id, language.name, labels={"language": language.id})
    numbered = _NUMBERED.fullmatch(variant.name)
    called = f"{numbered[1].lower()} {numbered[2]}" if numbered else variant.id
    labels = {"language": language.id, "variant": variant.id, "gender": variant.gender}
    return VoiceInfo(
        f"{language.id}+{variant.id}",
        f"{language.name} · {called}",
        labels={name: value for name, value in labels.items() if value},
    )


def _instead(wanted: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(wanted.lower(), names, n=4, cutoff=0.5) or names[:4]
    return f"There is {', '.join(close)}."


def _shown(text: str) -> str:
    return "".join(char for char in text[:60] if char.isprintable())
