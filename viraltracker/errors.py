"""The one exception tree of the studio.

    StudioError
    ├── BadInput                what was asked can't be done as asked; exit code 2, nothing changed
    │   ├── ScriptRefused       the script has errors (they are listed)
    │   ├── NotFound            no such session, beat, take, character, version, export
    │   ├── Unpicked            beats without a picked take at an export
    │   ├── CapReached          the episode's cost cap would be passed
    │   ├── Locked              the beat is locked
    │   ├── InUse               a voice worker's model is in use and can't be unloaded
    │   └── SettingsRefused     a setting can't be read, or an address is not safe
    ├── Conflict                somebody else saved first (both texts are kept)
    ├── Denied                  this user may not do that
    │   └── NeedsApproval       a producer's yes to just this is missing, used, expired or too small
    ├── TooOften                a tool was called too often; `after_s` says when again (retryable)
    ├── SpeechError             an engine didn't give audio
    │   ├── NeedsKey            no key, or the key was refused
    │   ├── Refused             the provider won't say this, or not with this voice
    │   ├── OutOfCredit         the account has nothing left
    │   ├── TextTooLong         longer than the model takes
    │   ├── NotLoaded           a voice worker has the model, but not in memory
    │   ├── TryLater            busy or limited; `after_s` says when (retryable)
    │   ├── ProviderDown        no answer, or a server error (retryable)
    │   ├── NonsenseAnswer      an answer that isn't the audio it claims to be
    │   └── OutcomeUnknown      a paid call was cut off and may have been charged (retryable)
    ├── AudioError              audio that can't be used or made
    │   ├── BadAudio            not audio, truncated, empty, or not finite
    │   └── EncoderFailed       ffmpeg is missing or said no
    └── StoreError              what rests can't be reached or trusted
        ├── StoreDown           the database doesn't answer (retryable)
        ├── DiskFull            too little free space to start
        ├── Damaged             a blob is missing or isn't what its hash says
        └── MigrationRefused    the database isn't one this studio may change

A message says what happened, to what, and what to do. A class's first docstring line is its default message.
Facts are attributes. `retryable` says whether the same call may succeed later with nothing changed.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

__all__ = [
    "AudioError",
    "BadAudio",
    "BadInput",
    "CapReached",
    "Conflict",
    "Damaged",
    "Denied",
    "DiskFull",
    "EncoderFailed",
    "InUse",
    "Locked",
    "MigrationRefused",
    "NeedsApproval",
    "NeedsKey",
    "NonsenseAnswer",
    "NotFound",
    "NotLoaded",
    "OutOfCredit",
    "OutcomeUnknown",
    "ProviderDown",
    "Refused",
    "ScriptRefused",
    "SettingsRefused",
    "SpeechError",
    "StoreDown",
    "StoreError",
    "StudioError",
    "TextTooLong",
    "TooOften",
    "TryLater",
    "Unpicked",
]


class StudioError(Exception):
    """Something the studio can name went wrong."""

    retryable: ClassVar[bool] = False

    def __init__(self, message: str | None = None, **facts: Any) -> None:
        self.message = message or (type(self).__doc__ or "").partition("\n")[0]
        self.facts: Mapping[str, Any] = facts
        super().__init__(self.message)

    @property
    def code(self) -> str:
        """The error's stable name for rows, logs and JSON: the class name."""
        return type(self).__name__


class BadInput(StudioError):
    """That can't be done as asked; nothing was changed."""


class ScriptRefused(BadInput):
    """The script has errors. Mend them, then save again."""


class NotFound(BadInput):
    """There is no such thing here. It may have been deleted: look in the trash on the Sessions page."""


class Unpicked(BadInput):
    """Some beats have no picked take. Pick one for each, or say that they shall be left out."""


class CapReached(BadInput):
    """The episode's cost cap would be passed. Raise the cap, or generate fewer beats."""


class Locked(BadInput):
    """The beat is locked. Unlock it first."""


class InUse(BadInput):
    """The model is in use. End its sessions first, or have it unloaded when the last one ends."""


class SettingsRefused(BadInput):
    """A setting can't be used. Mend it and start again."""


class Conflict(StudioError):
    """Somebody else saved first. Both versions are kept: look at both, then save again."""


class Denied(StudioError):
    """You may not do that here."""


class NeedsApproval(Denied):
    """A producer has to say yes to this first, on the Agent page or where the agent asks."""


class TooOften(StudioError):
    """That was asked for too often. Wait a little, then ask again."""

    retryable = True


class SpeechError(StudioError):
    """The engine gave no audio."""


class NeedsKey(SpeechError):
    """The engine needs a key, or refused the one it has. The Voices page says where to set it."""


class Refused(SpeechError):
    """The engine refused this line. Change the text or pick another voice on the Voices page."""


class OutOfCredit(SpeechError):
    """The account has too few characters left. Top it up, or switch the character to another engine."""


class TextTooLong(SpeechError):
    """The text is longer than the model takes. Split the beat."""


class NotLoaded(SpeechError):
    """The voice worker has this model, but not in memory. Load it first, or ask for it to be loaded."""


class TryLater(SpeechError):
    """The provider is busy; the studio will try again."""

    retryable = True

    def __init__(self, message: str | None = None, *, after_s: float = 1.0, **facts: Any) -> None:
        super().__init__(message, after_s=after_s, **facts)
        self.after_s = after_s


class ProviderDown(SpeechError):
    """The provider doesn't answer; the studio will try again."""

    retryable = True


class NonsenseAnswer(SpeechError):
    """The provider's answer was not usable audio; nothing of it was kept. Try again."""


class OutcomeUnknown(SpeechError):
    """A paid call was cut off before its answer, so it may have been charged. Ask the provider's history."""

    retryable = True


class AudioError(StudioError):
    """The audio can't be used."""


class BadAudio(AudioError):
    """This is not audio the studio can read."""


class EncoderFailed(AudioError):
    """ffmpeg could not make the file. `viraltracker doctor` says which ffmpeg is used."""


class StoreError(StudioError):
    """The studio's data can't be reached."""


class StoreDown(StoreError):
    """The database doesn't answer. The studio keeps trying; nothing that was saved is lost."""

    retryable = True


class DiskFull(StoreError):
    """The disk is too full to start this. Free some space; nothing was changed."""


class Damaged(StoreError):
    """A stored file is missing or changed. `viraltracker check` lists what is affected."""


class MigrationRefused(StoreError):
    """This database can't be migrated by this version of the studio."""
