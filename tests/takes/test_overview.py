"""The list of sessions: a line is read anew when, and only when, something about its session has changed."""

from collections.abc import Callable
from itertools import count
from typing import Any

from tests.fog import SCRIPT
from tests.takes.conftest import Stage, profile
from viraltracker.store import Actor
from viraltracker.takes import PAGE, Overview, Planner, SessionLine


class Counting:
    """A line to the database that counts the sessions it brings."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self.read = 0

    async def call(self, function: str, /, **arguments: Any) -> Any:
        if function == "studio_sessions_named_v1":
            self.read += len(arguments["named"])
        return await self._actor.call(function, **arguments)


class Looking:
    """Somebody who looks at the list again and again; as they see it no time passes."""

    def __init__(self, stage: Stage, clock: Callable[[], float] | None = None) -> None:
        self.records = Counting(stage.records)
        self.planner = stage.planner
        self._overview = Overview(self.records, clock or (lambda: 0.0))

    async def lines(self, search: str = "") -> dict[str, SessionLine]:
        page = await self._overview.page(self.planner, True, "active", search)
        return {line.title: line for line in page.lines}


async def test_what_rests_is_read_once(stage: Stage) -> None:
    await stage.session()
    await stage.session(SCRIPT.replace("Fog", "Rain"))
    looking = Looking(stage)
    first = await looking.lines()
    assert (list(first), looking.records.read) == (["Rain", "Fog"], 2)
    assert await looking.lines() == first
    assert looking.records.read == 2


async def test_every_step_of_a_production_is_seen(stage: Stage) -> None:
    session = await stage.session()
    looking = Looking(stage)
    seen = [(await looking.lines())["Fog"]]
    asked = await stage.generate.fill(session)
    seen.append((await looking.lines())["Fog"])
    await stage.make(asked)
    seen.append((await looking.lines())["Fog"])
    made = await stage.sessions.get(session.id)
    await stage.choose.pick(session.id, {beat.id: beat.takes[0].id for beat in made.beats if beat.takes})
    seen.append((await looking.lines())["Fog"])
    assert [line.status for line in seen] == ["draft", "generating", "in_progress", "completed"]
    assert [line.picked for line in seen] == [1, 1, 1, 3]
    assert seen[1].batch is not None
    assert (seen[1].batch.settled, seen[1].batch.total) == (0, 2)


async def test_a_cancelled_request_leaves_no_trace(stage: Stage) -> None:
    session = await stage.session()
    looking = Looking(stage)
    await looking.lines()
    await stage.generate.fill(session)
    await looking.lines()
    await stage.generate.cancel(session.id)
    assert (await looking.lines())["Fog"].batch is None


async def test_another_voice_makes_stale_what_rests(stage: Stage) -> None:
    await stage.filled(pick=True)
    looking = Looking(stage)
    assert (await looking.lines())["Fog"].states["stale"] == 0
    changed = {**stage.profiles, "wojak": profile("wojak", "tenor")}
    looking.planner = Planner(changed, stage.engines)
    assert (await looking.lines())["Fog"].states["stale"] == 1


async def test_the_search_looks_into_titles_and_projects(stage: Stage) -> None:
    await stage.session()
    await stage.session(SCRIPT.replace("Fog", "Rain_100%").replace("harbour", "desert"))
    looking = Looking(stage)
    assert list(await looking.lines(" RAIN_100% ")) == ["Rain_100%"]
    assert list(await looking.lines("harb")) == ["Fog"]
    assert await looking.lines("%") == await looking.lines("100")
    assert await looking.lines("gull") == {}


async def test_a_long_shelf_comes_in_pages(stage: Stage) -> None:
    for number in range(PAGE + 2):
        await stage.records.call(
            "studio_session_create_v1", title=f"S{number}", project="", els="", contents=[]
        )
    overview = Overview(stage.records, lambda: 0.0)
    first = await overview.page(stage.planner, True, "active")
    second = await overview.page(stage.planner, True, "active", past=PAGE)
    assert (len(first.lines), first.total) == (PAGE, PAGE + 2)
    assert [line.title for line in second.lines] == ["S1", "S0"]


async def test_a_look_takes_no_longer_than_it_may_and_the_next_ones_go_on(stage: Stage) -> None:
    """A session a look, where each takes a second: nothing is left out, and what was seen stays seen."""
    for number in range(4):
        await stage.session(SCRIPT.replace("Fog", f"Fog {number}"))
    looking = Looking(stage, count().__next__)
    for looks in range(1, 5):
        lines = await looking.lines()
        assert list(lines) == ["Fog 3", "Fog 2", "Fog 1", "Fog 0"]
        assert sum(line.counted for line in lines.values()) == looks == looking.records.read
    assert all(line.beats for line in lines.values())
    await looking.lines()
    assert looking.records.read == 4


async def test_sessions_under_way_are_read_in_turns_and_keep_their_figures(stage: Stage) -> None:
    sessions = [await stage.session(SCRIPT.replace("Fog", f"Fog {number}")) for number in range(3)]
    for session in sessions:
        await stage.generate.fill(session)
    looking = Looking(stage, count().__next__)
    for _ in range(3):
        lines = await looking.lines()
    assert all(line.counted and line.status == "generating" for line in lines.values())
    for looks in range(4, 7):
        assert all(line.counted for line in (await looking.lines()).values())
        assert looking.records.read == looks
