"""What the frame around every page shows: where one is, and how things stand there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

__all__ = ["FrameView"]


@dataclass(frozen=True, slots=True)
class FrameView:
    """The sidebar's figures as they are shown ("v4", "31 / 42", "2 running"); empty where there is none.

    Without a `session` the section of the open session is left out. `person` is who signed in, `studio` whose
    studio this is, one of `studios`: ids with what they are called. `closed` places have no
    link, and say why instead of what they show.
    """

    session: UUID | None = None
    title: str = ""
    script: str = ""
    takes: str = ""
    episode: str = ""
    voices: str = ""
    activity: str = ""
    person: str = ""
    studio: str = ""
    studios: Mapping[str, str] = field(default_factory=dict)
    closed: Mapping[str, str] = field(default_factory=dict)
