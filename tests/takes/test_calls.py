"""How often the database is asked for a page or a pick: as often for many sessions and beats as for one."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.takes.conftest import CAST
from viraltracker.settings import Settings
from viraltracker.speech.tone import ToneEngine
from viraltracker.store import Actor, Hosted, LocalBlobs, Postgres, Seat
from viraltracker.studio import Stores, Studio

BEAT = """[BEAT: {n:02d}_beat]
name: Beat {n}
---
[CHARACTER: fed] The harbour is closed on day {n}.
[END_BEAT]
"""


@dataclass
class Counted:
    """Rows that count the calls for them."""

    rows: Postgres | Hosted
    calls: Counter[str] = field(default_factory=Counter)

    def acting_for(self, who: UUID | Seat) -> Actor:
        """As the counted rows do."""
        inner = self.rows.acting_for(who)
        return Actor(self, inner._role, inner._claims)

    async def run(self, function: str, arguments: dict[str, Any], role: str, claims: str) -> Any:
        """Count, then call."""
        self.calls[function] += 1
        return await self.rows.run(function, arguments, role, claims)


@pytest.fixture
def counted(rows: Postgres | Hosted) -> Counted:
    """The rows of this test."""
    return Counted(rows)


@pytest.fixture
async def studio(counted: Counted, postgres: Postgres, tmp_path: Path) -> AsyncIterator[Studio]:
    """A studio over counted rows."""
    engine = ToneEngine()
    yield Studio(Settings(data=tmp_path), Stores(counted, LocalBlobs(tmp_path), postgres), {"tone": engine})
    await engine.aclose()


def script(title: str, beats: int) -> str:
    head = f"[META]\nvideo_title: {title}\nproject: p\n\n"
    return head + "\n".join(BEAT.format(n=n) for n in range(1, beats + 1))


async def asked(studio: Studio, counted: Counted, session: UUID) -> list[Counter[str]]:
    """The calls for the sessions' page, the session's pages, and a pick of all that there is to pick."""
    counted.calls.clear()
    looks, all_counted = 0, False
    while not all_counted:
        page, _ = await studio.overview("active", "", 0)
        looks, all_counted = looks + 1, all(line.counted for line in page.lines)
    new = counted.calls["studio_sessions_named_v1"]
    assert new <= 3 * looks + 1, "sessions that are new to the page are read more and more at once"
    counts = []
    for read in (partial(studio.overview, "active", "", 0), partial(studio.desk, session), studio.activity):
        counted.calls.clear()
        await read()
        counts.append(Counter(counted.calls))
    held = await studio.sessions.get(session)
    counted.calls.clear()
    await studio.choose.pick(session, dict.fromkeys(beat.id for beat in held.beats))
    return [*counts, Counter(counted.calls)]


async def test_many_sessions_and_beats_take_no_more_calls_than_few(studio: Studio, counted: Counted) -> None:
    few = [(await studio.sessions.create(script(f"Small {n}", 1), CAST)).session for n in range(2)]
    await studio.cast.members()  # the seeded cast is written once
    for_few = await asked(studio, counted, few[0])
    many = [(await studio.sessions.create(script(f"Large {n}", 40), CAST)).session for n in range(12)]
    assert await asked(studio, counted, many[0]) == for_few
    assert max(sum(counts.values()) for counts in for_few) <= 4
