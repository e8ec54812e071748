"""Under whose name a call is made, and in whose studio."""

import json
from dataclasses import dataclass
from uuid import UUID

__all__ = ["Seat", "seat_of"]


@dataclass(frozen=True, slots=True)
class Seat:
    """`person` works in the studio that is `owner`'s; their own where both are one.

    `name`: what others see them called. `vouched_email`: an address that their identity provider vouches for,
    lower case; empty: none. The database decides what they may do there; a seat is only where they'd sit.
    """

    owner: UUID
    person: UUID
    name: str = ""
    vouched_email: str = ""

    @property
    def claims(self) -> str:
        """What the database is told of the caller (`request.jwt.claims`), as JSON.

        `seated` says that the studio itself told it: Supabase gives tokens to whoever signs up at a project.
        """
        said: dict[str, object] = {"sub": str(self.person), "role": "authenticated", "seated": True}
        if self.owner != self.person:
            said["studio"] = str(self.owner)
        if self.name:
            said["name"] = self.name
        if self.vouched_email:
            said["vouched_email"] = self.vouched_email
        return json.dumps(said)


def seat_of(who: UUID | Seat) -> Seat:
    """Somebody's seat in their own studio, where only they are known."""
    return who if isinstance(who, Seat) else Seat(who, who)
