"""What servers list, in the shapes they have: models at `/v1/models`, voices at `/v1/audio/voices`. Pure.

OpenAI lists models and no voices. Kokoro-FastAPI lists voices as names or as objects with `id` and `name`,
vLLM as names, LocalAI-like servers as `data`. speaches gives each model its `task` and its own `voices`. What
can't be read is left out: a list is an offer, and any name may be asked for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from viraltracker.speech.model import VoiceInfo
from viraltracker.speech.openai.wire import DEFAULT_MODEL

__all__ = ["Listed", "listed_models", "listed_voices", "offered", "voices_of"]

_MOST: Final = 2_000
_MOST_MODELS: Final = 4
"""Every voice is offered with each model that might speak it; more would make a list that nobody reads."""
_LONGEST_NAME: Final = 200
_LABELS: Final = ("language", "gender", "accent")


@dataclass(frozen=True, slots=True)
class Listed:
    """A model that a server has. `task`: what it is for, where the server tells; `voices`: its own."""

    id: str
    task: str = ""
    voices: tuple[VoiceInfo, ...] = ()

    @property
    def may_speak(self) -> bool:
        """False where the server says that it is for something else."""
        return not self.task or self.task == "text-to-speech" or "tts" in self.task


def listed_models(answer: object) -> tuple[Listed, ...]:
    """The models of an answer, in its order."""
    found: dict[str, Listed] = {}
    for entry in _entries(answer, "data", "models"):
        name = _name(entry, "id", "name")
        if name:
            told = entry if isinstance(entry, Mapping) else {}
            task = told.get("task") or ""
            voices = _voices(told.get("voices"), name)
            found.setdefault(name, Listed(name, task if isinstance(task, str) else "", voices))
    return tuple(found.values())


def listed_voices(answer: object) -> tuple[VoiceInfo, ...]:
    """The voices of an answer, in its order."""
    return _voices(_entries(answer, "voices", "data"), None)


def offered(models: Iterable[Listed], voices: Iterable[VoiceInfo]) -> tuple[VoiceInfo, ...]:
    """The voices with the models to ask for them; no model where the server knows the usual name for it."""
    speaking = [model for model in models if model.may_speak]
    own = tuple(voice for model in speaking for voice in model.voices)
    if own:
        return own
    ids = [model.id for model in speaking]
    with_model = [None] if not ids or DEFAULT_MODEL in ids else ids[:_MOST_MODELS]
    return tuple(
        VoiceInfo(voice.id, voice.name, voice.description, voice.labels, model=model)
        for model in with_model
        for voice in voices
    )


def voices_of(model: str, models: Iterable[Listed], voices: tuple[VoiceInfo, ...]) -> tuple[VoiceInfo, ...]:
    """The voices of one model: its own where models have some, else all that there are."""
    own = {each.id: each.voices for each in models if each.voices}
    return own.get(model, ()) if own else voices


def _voices(entries: object, model: str | None) -> tuple[VoiceInfo, ...]:
    found: dict[str, VoiceInfo] = {}
    for entry in entries if isinstance(entries, list) else []:
        voice = _name(entry, "id", "voice_id", "name")
        if voice:
            told = entry if isinstance(entry, Mapping) else {}
            labels = {name: text for name in _LABELS if (text := _text(told.get(name)))}
            name = _text(told.get("name")) or voice
            info = VoiceInfo(voice, name, _text(told.get("description")), labels, model=model)
            found.setdefault(voice, info)
    return tuple(found.values())


def _entries(answer: object, *keys: str) -> list[Any]:
    if isinstance(answer, Mapping):
        answer = next((answer[key] for key in keys if isinstance(answer.get(key), list)), None)
    return answer[:_MOST] if isinstance(answer, list) else []


def _name(entry: object, *keys: str) -> str:
    """The name of an entry that is one, or has one under a key; empty where it can't be asked for."""
    if isinstance(entry, Mapping):
        return next((name for key in keys if (name := _text(entry.get(key)))), "")
    return _text(entry)


def _text(value: object) -> str:
    usable = isinstance(value, str) and value.isprintable() and len(value) <= _LONGEST_NAME
    return value.strip() if usable and isinstance(value, str) else ""
