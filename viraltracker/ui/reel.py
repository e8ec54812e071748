"""Beats and takes that conversations speak of, looked up once: a take that is done never changes."""

import threading
from collections.abc import Iterable, Mapping
from uuid import UUID

from viraltracker.errors import NotFound
from viraltracker.studio import Studio
from viraltracker.takes import Session
from viraltracker.ui.current import run
from viraltracker.ui.show.mentions import Found, Mention

__all__ = ["look_up"]

_MOST = 20_000
_known: dict[tuple[UUID, Mention], Found | None] = {}
"""By owner, too: what one may hear another may not."""
_door = threading.Lock()


def look_up(
    studio: Studio, wanted: Iterable[Mention], *, again: bool = True
) -> Mapping[Mention, Found | None]:
    """What each mention means; None for what is not there, as a model may speak of anything.

    With `again` what was not there before is looked for once more: a beat may have been written since.
    """
    wishes = tuple(wanted)
    with _door:
        held = {each: (studio.owner, each) for each in wishes}
        found = {each: _known[key] for each, key in held.items() if key in _known}
    if again:
        found = {each: meaning for each, meaning in found.items() if meaning is not None}
    unknown = [each for each in wishes if each not in found]
    for session in dict.fromkeys(each.session for each in unknown):
        read = _session(studio, session)
        found |= {each: _find(read, each) for each in unknown if each.session == session}
    with _door:
        if len(_known) > _MOST:
            _known.clear()
        _known.update({(studio.owner, each): meaning for each, meaning in found.items()})
    return found


def _session(studio: Studio, session: UUID) -> Session | None:
    try:
        return run(studio.sessions.get(session))
    except NotFound:
        return None


def _find(session: Session | None, mention: Mention) -> Found | None:
    row = session.beat(mention.beat) if session else None
    if row is None:
        return None
    if not mention.take:
        return Found(row.id)
    take = next((take for take in row.takes if take.number == mention.take), None)
    return Found(row.id, take) if take else None
