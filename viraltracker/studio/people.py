"""Who signed in, as the studio knows them. Knows nothing of how they proved it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, TypeAdapter

from viraltracker.errors import BadInput
from viraltracker.takes import Records

__all__ = ["LOCAL_USER", "Colleague", "Deed", "Guest", "People", "Person", "Role", "Theirs"]

Role = Literal["owner", "producer", "reviewer"]
"""Owners and producers make, spend and delete; only owners invite. Reviewers listen, star, note and pick."""
Guest = Literal["producer", "reviewer"]

LOCAL_USER: Final = UUID("00000000-0000-7000-8000-000000000001")
"""The one user of a studio without login."""
_PEOPLE: Final = UUID("5f0c3a52-7f1e-4d0b-9a55-6f2f3c1e8d47")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as an identity provider tells: `issuer` and `subject` are who, the rest what to call them."""

    issuer: str
    subject: str
    email: str = ""
    name: str = ""

    @property
    def id(self) -> UUID:
        """The owner of all that is theirs, the same on every machine (a name-based UUID: RFC 9562, 5.5)."""
        return uuid5(_PEOPLE, json.dumps([self.issuer, self.subject]))

    @property
    def called(self) -> str:
        """What the pages call them."""
        return self.name or self.email or self.subject


class Colleague(BaseModel):
    """Somebody who was invited into one's studio; `joined_at` is None until they come."""

    model_config = ConfigDict(frozen=True)
    email: str
    role: Guest
    name: str
    invited_at: datetime
    joined_at: datetime | None


class Theirs(BaseModel):
    """Somebody else's studio, and as what one works there."""

    model_config = ConfigDict(frozen=True)
    owner: UUID
    owner_name: str
    role: Guest


class Deed(BaseModel):
    """Something that somebody did in a session; `who` is None where nobody's name was known.

    `deed`: take, mp3, zip, script, or an edit's action; `what` it was about.
    """

    model_config = ConfigDict(frozen=True)
    at: datetime
    who: str | None
    deed: str
    undone: bool
    what: str | None


_COLLEAGUES: Final = TypeAdapter(tuple[Colleague, ...])
_DEEDS: Final = TypeAdapter(tuple[Deed, ...])
_THEIRS: Final = TypeAdapter(tuple[Theirs, ...])
_MOST_ADDRESS: Final = 320


class People:
    """Who works where. Asked from a seat in one's own studio."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def colleagues(self) -> Sequence[Colleague]:
        """Everybody who was invited here, the first one first."""
        return _COLLEAGUES.validate_python(await self._records.call("studio_members_v1"))

    async def invite(self, email: str, role: Guest) -> Sequence[Colleague]:
        """Let whoever signs in with that address work here; or change as what they do. All who may, then.

        Raises `BadInput` for what is no address or one's own, `Denied` in somebody else's studio.
        """
        address = email.strip().casefold()
        name, at, domain = address.rpartition("@")
        plain = address.isprintable() and " " not in address
        if not (at and name and domain and plain) or len(address) > _MOST_ADDRESS:
            raise BadInput("That is no e-mail address. It looks like nell@example.org.")
        told = await self._records.call("studio_member_invite_v1", email=address, role=role)
        return _COLLEAGUES.validate_python(told)

    async def remove(self, email: str) -> Sequence[Colleague]:
        """Let nobody work here by that address any more. Who still may. Raises `NotFound`, `Denied`."""
        told = await self._records.call("studio_member_remove_v1", email=email.casefold())
        return _COLLEAGUES.validate_python(told)

    async def deeds(self, session: UUID) -> Sequence[Deed]:
        """Who did what in a session, newest first. Raises `NotFound`."""
        return _DEEDS.validate_python(await self._records.call("studio_deeds_v1", session=session))

    async def theirs(self) -> Sequence[Theirs]:
        """The studios of others where one may work."""
        return _THEIRS.validate_python(await self._records.call("studio_studios_v1"))
