"""The studio's stored cast, for commands on scripts that are told to use it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from viraltracker.cli.inside import in_studio
from viraltracker.takes.naming import session_id

if TYPE_CHECKING:
    from viraltracker.script import Cast
    from viraltracker.studio import Studio

__all__ = ["stored_voices"]


def stored_voices(session: str) -> "tuple[Cast, Mapping[str, float]]":
    """Who may speak where that session is, and how fast each does. Raises `NotFound` for no such session."""

    async def work(studio: "Studio") -> "tuple[Cast, Mapping[str, float]]":
        from viraltracker.takes import as_script_cast

        await session_id(studio.sessions, session)
        members = await studio.cast.members()
        speeds = {member.character.id: member.profile.speed for member in members}
        return as_script_cast(members), speeds

    return in_studio(work)
