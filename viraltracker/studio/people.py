"""Who signed in, as the studio knows them. Knows nothing of how they proved it."""

import json
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

__all__ = ["LOCAL_USER", "Person"]

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
