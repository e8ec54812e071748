"""The studio's pages run by Streamlit's AppTest over a real studio: real Postgres, real speech, real jobs."""

import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import anyio
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from pydantic_ai import models
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Element

import viraltracker.ui
from tests.model.server import ModelServer
from viraltracker.jobs import WorkerConfig
from viraltracker.settings import Settings, resource
from viraltracker.store import Postgres
from viraltracker.studio import Desk, Stores, Studio, make_engines
from viraltracker.takes import Revision
from viraltracker.ui.current import hold, release

BEATS = """[META]
video_title: {title}
project: harbour-tales

[BEAT: 01_open]
name: Fog Rolls In
---
The harbour is {closed}.
[END_BEAT]

[BEAT: 02_reply]
name: The Gull Objects
---
[CHARACTER: wojak]
[STYLE: 0.7]
No no no, my *whole lunch* is out there!
[END_BEAT]
"""
SCRIPT = BEATS.format(title="The Fog Ledger", closed="closed")
LOOK_S = 0.02
"""Between looks at what happens in the same loop: without a pause they would take its time."""
APP = str(Path(viraltracker.ui.__file__).with_name("app.py"))


@asynccontextmanager
async def _opened(data: Path, database_url: str) -> AsyncIterator[Studio]:
    settings = Settings(data=data)
    engines = make_engines(settings)
    async with Postgres(database_url) as postgres:
        yield Studio(settings, Stores.here(postgres, data), engines)
    for engine in engines.values():
        await engine.aclose()


@dataclass
class Room:
    """The studio, and a browser tab that is none."""

    studio: Studio
    portal: BlockingPortal

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Wait for one of the studio's coroutines, in its loop."""

        async def result() -> Any:
            return await coroutine

        return self.portal.call(result)

    def write(self, els: str = SCRIPT) -> UUID:
        """A session of this script."""

        async def create() -> UUID:
            return (await self.studio.sessions.create(els, await self.studio.script_cast())).session

        return self.portal.call(create)

    def desk(self, session: UUID) -> Desk:
        return self.run(self.studio.desk(session))

    def work(self, done: Callable[[], Coroutine[Any, Any, bool]]) -> None:
        """Let a job worker live until `done`."""

        async def worked() -> None:
            stop = anyio.Event()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self.studio.run_worker, stop, "test", WorkerConfig("test", poll_s=0.1))
                with anyio.fail_after(60):
                    while not await done():
                        with anyio.move_on_after(LOOK_S):
                            await stop.wait()
                stop.set()

        self.portal.call(worked)

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for something that happens in the studio's loop."""

        async def came() -> None:
            with anyio.fail_after(60):
                while not true():
                    with anyio.move_on_after(LOOK_S):
                        await anyio.sleep_forever()

        self.portal.call(came)

    def made(self, session: UUID) -> None:
        """Have everything made that was asked for."""

        async def settled() -> bool:
            desk = await self.studio.desk(session)
            busy = any(x.status in ("queued", "generating") for x in desk.session.exports)
            return not busy and desk.standing.count("queued", "generating") == 0

        self.work(settled)

    def ask(self, session: UUID, beat: str = "", **changes: Any) -> None:
        """Ask for all that is missing, or for one take with `changes`."""

        async def asked() -> None:
            generate = await self.studio.generate()
            held = await self.studio.sessions.get(session)
            if beat:
                await generate.revise(held, beat, Revision(**changes), None)
            else:
                await generate.fill(held)

        self.portal.call(asked)

    def open(self, place: str, session: object = None, **query: object) -> AppTest:
        """The page as it comes up; the test fails when it raised."""
        tab = AppTest.from_file(APP, default_timeout=60)
        for name, value in {"session": session, **query}.items():
            if value is not None:
                tab.query_params[name] = str(value)
        tab.switch_page(str(resource("pages") / f"{place}.py"))
        tab.run()
        return calm(tab)


def calm(tab: AppTest) -> AppTest:
    """The tab, once it is sure that its page did not raise."""
    assert [found.message for found in tab.exception] == []
    return tab


def part(tab: AppTest, key: str) -> dict[str, Any]:
    """What the component drawn under `key` was given to show."""
    found = [json.loads(node.proto.json) for node in tab.get("bidi_component") if key in node.proto.id]
    assert found, f"no component {key} is on the page"
    return found[0]["view"]


def press(tab: AppTest, key: str, *events: Mapping[str, object]) -> None:
    """What the component drawn under `key` sends when a producer does this there."""
    numbered = [{"n": n, **event} for n, event in enumerate(events, 1)]
    letter = {"sender": uuid4().hex, "events": numbered}
    tab.session_state[key] = {"letter": letter}
    calm(tab.run())


def shown(tab: AppTest) -> str:
    """All text that Streamlit's own elements write."""
    kinds = ("text", "warning", "error", "caption")
    nodes = (node for kind in kinds for node in tab.get(kind))
    return "\n".join(str(node.value) for node in nodes if isinstance(node, Element))


@pytest.fixture
def room(one_scan: None, data_folder: Path, database_url: str) -> Iterator[Room]:
    """A studio of the test's own, held as the one of this process."""
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(_opened(data_folder, database_url)) as studio,
    ):
        hold(studio, portal)
        yield Room(studio, portal)
        release()


@pytest.fixture
def talk(room: Room) -> Iterator[Any]:
    """A `Conversing` producer beside a model's server on this machine."""
    from tests.pages.conversing import Conversing  # it stands on what is written here

    with ModelServer() as model, models.override_allow_model_requests(True):
        yield Conversing(room, model)
