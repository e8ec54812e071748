"""Which models are in memory, and which of them may go: a state machine of values, without clock or waiting.

    absent -> loading -> resident -> unloading -> absent
                 |                      |
                 v                      v
              failed -> loading      loading (read anew; whoever holds it keeps it)

Every call is told the time. Whoever moves models (`residency`) asks here first and reports each step.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from viraltracker.errors import InUse
from viraltracker.worker.model import State

__all__ = ["ASK_AGAIN_S", "Decision", "Here", "Load", "Moving", "NoRoom", "Place", "Rules", "Shelf"]

ASK_AGAIN_S: Final = 5.0
"""When to ask again where everything is in use: sessions last from seconds to hours, and nobody knows."""

_IN_MEMORY: Final = frozenset({"loading", "resident", "unloading"})


@dataclass(frozen=True, slots=True)
class Rules:
    """`cap`: the most models in memory. A model nobody has used for `ttl_s` goes, unless it is `pinned`; none
    goes before it was there for `min_residency_s`.
    """

    cap: int = 3
    ttl_s: float = 600.0
    min_residency_s: float = 120.0
    pinned: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Place:
    """How one model stands. `users`: who holds it, or waits for it. `used_s`: when one last came or went, and
    `turn` the order of that. `since_s`: when it came into memory. `leaving`: it goes when its last user does.
    """

    state: State = "absent"
    users: int = 0
    used_s: float = 0.0
    turn: int = 0
    since_s: float = 0.0
    memory_bytes: int = 0
    problem: str = ""
    leaving: bool = False


@dataclass(frozen=True, slots=True)
class Here:
    """It is in memory."""


@dataclass(frozen=True, slots=True)
class Moving:
    """It is on its way in or out: wait for that."""


@dataclass(frozen=True, slots=True)
class Load:
    """It can be loaded once these are out."""

    evict: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoRoom:
    """Nothing may go now. `after_s`: when asking again makes sense."""

    after_s: float


Decision = Here | Moving | Load | NoRoom


class Shelf:
    """A place for every id. A step that the rules forbid is a mistake of the caller's: `ValueError`."""

    def __init__(self, ids: Iterable[str], rules: Rules) -> None:
        self._rules = rules
        self._places = {id_: Place() for id_ in ids}
        self._turn = 0

    def place(self, id_: str) -> Place:
        """How the model stands."""
        return self._places[id_]

    @property
    def resident(self) -> int:
        """How many are in memory and can be used."""
        return sum(place.state == "resident" for place in self._places.values())

    @property
    def in_memory(self) -> int:
        """How many take memory, those on their way in or out included; never more than the cap."""
        return sum(place.state in _IN_MEMORY for place in self._places.values())

    def wants(self, id_: str, now_s: float) -> Decision:
        """What it takes to have this model: who was used longest ago makes room, the pinned last."""
        place = self._places[id_]
        if place.state == "resident":
            return Here()
        if place.state in _IN_MEMORY:
            return Moving()
        excess = self.in_memory + 1 - self._rules.cap
        if excess <= 0:
            return Load()
        idle = sorted(self._idle(), key=lambda each: (each in self._rules.pinned, self._places[each].turn))
        ripe = [each for each in idle if self._young_s(each, now_s) <= 0]
        if len(ripe) >= excess:
            return Load(tuple(ripe[:excess]))
        if len(idle) >= excess:
            return NoRoom(sorted(self._young_s(each, now_s) for each in idle)[excess - 1])
        return NoRoom(ASK_AGAIN_S)

    def due(self, now_s: float) -> tuple[str, ...]:
        """What nobody has used for so long that it goes, whoever was used longest ago first."""
        return tuple(
            each
            for each in sorted(self._idle(), key=lambda each: self._places[each].turn)
            if each not in self._rules.pinned
            and now_s - self._places[each].used_s >= self._rules.ttl_s
            and self._young_s(each, now_s) <= 0
        )

    def taken(self, id_: str, now_s: float) -> None:
        """Somebody holds it from now on, or waits for it."""
        self._used(id_, now_s, +1)

    def released(self, id_: str, now_s: float) -> bool:
        """Somebody lets it go. True: it was to go with its last user, and that was the one."""
        if not self._places[id_].users:
            raise ValueError(f"{id_} is held by nobody")
        self._used(id_, now_s, -1)
        place = self._places[id_]
        return place.leaving and not place.users and place.state == "resident"

    def asked_away(self, id_: str, *, when_idle: bool) -> bool:
        """Somebody wants it out of memory. True: it may go now; False: it isn't there, or goes with its last
        user. Young or pinned doesn't matter: whoever asks by hand means it. Raises `InUse`.
        """
        place = self._places[id_]
        if place.state not in _IN_MEMORY:
            return False
        if not place.users:
            return True
        if not when_idle:
            raise InUse(
                f"{id_} is in use by {place.users} session{'s' if place.users > 1 else ''}. End them first, "
                "or have it unloaded when the last one ends.",
                users=place.users,
            )
        self._places[id_] = replace(place, leaving=True)
        return False

    def asked_for(self, id_: str) -> None:
        """Somebody wants it in memory by hand: it doesn't go with its last user any more."""
        self._places[id_] = replace(self._places[id_], leaving=False)

    def loading(self, id_: str) -> None:
        """Its load begins."""
        self._step(id_, {"absent", "failed"}, replace(self._places[id_], state="loading", problem=""))
        if self.in_memory > self._rules.cap:
            raise ValueError(f"{id_} is one too many")

    def loaded(self, id_: str, now_s: float, memory_bytes: int) -> bool:
        """It is in memory. True: it was to go with its last user, who went meanwhile."""
        self._turn += 1
        place = replace(
            self._places[id_],
            state="resident",
            since_s=now_s,
            used_s=now_s,
            turn=self._turn,
            memory_bytes=memory_bytes,
        )
        self._step(id_, {"loading"}, place)
        return place.leaving and not place.users

    def failed(self, id_: str, problem: str) -> None:
        """Its load failed; it may be tried again. `problem`: why, in words."""
        place = replace(self._places[id_], state="failed", problem=problem, leaving=False)
        self._step(id_, {"loading"}, place)

    def unloading(self, id_: str, *, despite_users: bool = False) -> None:
        """It is being closed: no line is under way, and nobody holds it, or it is read anew, or all ends."""
        if self._places[id_].users and not despite_users:
            raise ValueError(f"{id_} is in use")
        # Read anew, it still goes with its last user; else it goes now, and who comes later stays.
        leaving = self._places[id_].leaving and despite_users
        self._step(id_, {"resident"}, replace(self._places[id_], state="unloading", leaving=leaving))

    def gone(self, id_: str) -> None:
        """It is closed, and its memory is free."""
        self._step(id_, {"unloading"}, replace(self._places[id_], state="absent", memory_bytes=0))

    def _used(self, id_: str, now_s: float, more: int) -> None:
        self._turn += 1
        place = self._places[id_]
        self._places[id_] = replace(place, users=place.users + more, used_s=now_s, turn=self._turn)

    def _step(self, id_: str, out_of: set[State], place: Place) -> None:
        if self._places[id_].state not in out_of:
            raise ValueError(f"{id_} is {self._places[id_].state} and can't be {place.state}")
        self._places[id_] = place

    def _idle(self) -> list[str]:
        return [id_ for id_, place in self._places.items() if place.state == "resident" and not place.users]

    def _young_s(self, id_: str, now_s: float) -> float:
        """For how long it may not go yet."""
        return self._rules.min_residency_s - (now_s - self._places[id_].since_s)
