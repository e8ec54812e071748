"""The cast as it is stored: characters with their active voice profile, and the profiles before it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from viraltracker.errors import NotFound
from viraltracker.script import Cast
from viraltracker.takes.ports import Records
from viraltracker.voices import (
    Character,
    VoiceProfile,
    cast_names,
    character_from_json,
    character_to_json,
    profile_from_json,
    profile_to_json,
    seeded_cast,
    seeded_profiles,
    validate_character,
    validate_profile,
)

__all__ = ["CastBook", "Member", "ProfileVersion", "as_script_cast"]


@dataclass(frozen=True, slots=True)
class Member:
    """A character with the profile it speaks with now; `version` is what the next save is based on."""

    character: Character
    profile: VoiceProfile
    version: int


@dataclass(frozen=True, slots=True)
class ProfileVersion:
    """One entry of a character's voice history."""

    version: int
    active: bool
    profile: VoiceProfile
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CastBook:
    """Reads and changes one owner's cast."""

    records: Records

    async def members(self) -> tuple[Member, ...]:
        """The cast in order; the seeded six the first time."""
        rows = await self.records.call("studio_cast_v1")
        if not rows:
            profiles = {profile.character: profile for profile in seeded_profiles()}
            rows = await self._add(((c, profiles[c.id]) for c in seeded_cast()), seed=True)
        return tuple(_member(row) for row in rows)

    async def member(self, character: str) -> Member:
        """One of the cast. Raises `NotFound`, naming who there is."""
        members = await self.members()
        for member in members:
            if member.character.id == character:
                return member
        raise NotFound(
            f'There is no character "{character}". The cast: {", ".join(m.character.id for m in members)}.'
        )

    async def add(self, character: Character, profile: VoiceProfile) -> None:
        """A new character. Raises `BadInput` for a bad name or alias, `Conflict` when the id is taken."""
        members = await self.members()
        validate_character(character, tuple(member.character for member in members))
        validate_profile(profile)
        await self._add([(character, profile)], seed=False)

    async def change(self, character: Character) -> None:
        """Another role, other aliases or colours for a character of the cast."""
        others = tuple(m.character for m in await self.members() if m.character.id != character.id)
        validate_character(character, others)
        await self.records.call("studio_character_change_v1", id=character.id, facts=_facts(character))

    async def save(self, profile: VoiceProfile, based_on: int) -> bool:
        """A new profile version becomes active.

        False when nothing differs. Raises `Conflict` on a newer one.
        """
        validate_profile(profile)
        answer = await self.records.call(
            "studio_profile_save_v1",
            speaker=profile.character,
            based_on=based_on,
            profile=profile_to_json(profile),
        )
        return bool(answer["changed"])

    async def switch_engine(self, character: str, engine: str) -> bool:
        """Speak with another engine from now on."""
        member = await self.member(character)
        return await self.save(replace(member.profile, engine=engine), member.version)

    async def history(self, character: str) -> tuple[ProfileVersion, ...]:
        """All profiles a character has had, newest first."""
        rows = await self.records.call("studio_profile_history_v1", speaker=character)
        return tuple(
            ProfileVersion(
                version=row["version"],
                active=row["active"],
                profile=profile_from_json(row["profile"]),
                created_at=datetime.fromisoformat(row["created_at"]),
            )
            for row in rows
        )

    async def _add(
        self, members: Iterable[tuple[Character, VoiceProfile]], seed: bool
    ) -> list[Mapping[str, Any]]:
        listed = [{"id": c.id, "facts": _facts(c), "profile": profile_to_json(p)} for c, p in members]
        rows: list[Mapping[str, Any]] = await self.records.call(
            "studio_character_add_v1", members=listed, seed=seed
        )
        return rows


def as_script_cast(members: Iterable[Member]) -> Cast:
    """The cast as the script's parser needs it."""
    ids, names = cast_names(tuple(member.character for member in members))
    return Cast(ids=ids, names=names)


def _member(row: Mapping[str, Any]) -> Member:
    character = character_from_json({**row["facts"], "id": row["id"]})
    return Member(character, profile_from_json(row["profile"]), row["version"])


def _facts(character: Character) -> dict[str, Any]:
    facts = character_to_json(character)
    return {name: value for name, value in facts.items() if name != "id"}
