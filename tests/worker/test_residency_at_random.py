"""Sessions, loads, ends and accidents in any order: what must hold, holds after every step."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.worker.memory import Clock, MemoryFamily, MemoryModel, pack, settled
from viraltracker.errors import InUse, NotFound, NotLoaded, ProviderDown, SpeechError, StudioError, TryLater
from viraltracker.worker import Line
from viraltracker.worker.packs import Packs
from viraltracker.worker.ports import Held
from viraltracker.worker.residency import Residency
from viraltracker.worker.shelf import Rules
from viraltracker.worker.watching import Unwatched, Why

CAP, TTL_S, MIN_S, CHECK_S = 2, 60.0, 20.0, 10.0
PINNED = "mem/a"
IDS = ("mem/a", "mem/b", "mem/c")
MODELS = st.sampled_from(IDS)


Told = StudioError | None


async def told(work: Callable[[], Coroutine[Any, Any, Any]]) -> Told:
    """Why it was refused; what isn't ours is raised."""
    try:
        await work()
    except StudioError as refusal:
        return refusal
    return None


class Session:
    """Holds one model, and speaks at most one line at a time with it, for as long as it is told to."""

    def __init__(self, residency: Residency, model_id: str, *, load: bool, talks: bool = False) -> None:
        self.talks = talks
        self.residency, self.model_id = residency, model_id
        self.held: Held | None = None
        self.line: asyncio.Task[Told] | None = None
        self.leave, self.end_line = asyncio.Event(), asyncio.Event()
        self.task = asyncio.create_task(told(partial(self._hold, load)))

    async def _hold(self, load: bool) -> None:
        async with self.residency.hold(self.model_id, load=load) as held:
            self.held = held
            if self.talks:
                self.speak()
            try:
                await self.leave.wait()
            finally:
                self.held = None
                if self.line is not None:
                    self.line.cancel()
                    await asyncio.wait({self.line})

    def speak(self) -> None:
        if self.held is not None and (self.line is None or self.line.done()):
            self.end_line.clear()
            self.line = asyncio.create_task(told(partial(self._speak, self.held)))

    async def _speak(self, held: Held) -> None:
        async with held.using() as model:
            assert isinstance(model, MemoryModel)
            assert model.pack.id == self.model_id, "every hold gives the model that was asked for"
            pieces = model.speak(Line("word"))
            try:
                await anext(pieces)
                await self.end_line.wait()
            finally:
                await pieces.aclose()


class Holders(Unwatched):
    """Sees every model leave, and who held it then."""

    def __init__(self, sessions: list[Session], family: MemoryFamily) -> None:
        self.sessions, self.family = sessions, family

    def left(self, model_id: str, why: Why) -> None:
        held = [each for each in self.sessions if each.model_id == model_id and each.held is not None]
        self.family.expect(not held or why == "reload", f"{model_id} left ({why}) while it was held")


class Anything(RuleBasedStateMachine):
    """Two loads at once, one model too many, and wrong closes are seen by the engine, `MemoryFamily`."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = Clock()
        self.family = MemoryFamily(cap=CAP, gated=True)
        self.sessions: list[Session] = []
        self.asked: list[asyncio.Task[Told]] = []
        self.run(self._open())

    async def _open(self) -> None:
        self.residency = Residency(
            [self.family],
            Packs(tuple(pack(id_) for id_ in IDS)),
            Rules(CAP, TTL_S, MIN_S, frozenset({PINNED})),
            warm_up_ms=100,
            check_s=CHECK_S,
            watcher=Holders(self.sessions, self.family),
            monotonic=self.clock.monotonic,
            sleep=self.clock.sleep,
        )
        self.sweep = asyncio.create_task(self.residency.sweep())

    @property
    def there(self) -> list[Session]:
        return [session for session in self.sessions if not session.task.done()]

    @property
    def holding(self) -> list[Session]:
        return [session for session in self.there if session.held is not None]

    def run(self, work: Coroutine[Any, Any, Any]) -> None:
        """One step, and all that follows from it."""

        async def step() -> None:
            await work
            await settled(15)

        self.loop.run_until_complete(step())

    def ask(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        async def begin() -> None:
            self.asked.append(asyncio.create_task(told(work)))

        self.run(begin())

    @rule(model_id=MODELS, load=st.sampled_from([True, True, False]), talks=st.booleans())
    def a_session_begins(self, model_id: str, load: bool, talks: bool) -> None:
        async def begin() -> None:
            self.sessions.append(Session(self.residency, model_id, load=load, talks=talks))

        self.run(begin())

    @rule(model_id=MODELS)
    def a_session_begins_and_its_model_comes(self, model_id: str) -> None:
        async def begin() -> None:
            self.sessions.append(Session(self.residency, model_id, load=True, talks=True))
            for _ in IDS:
                await settled(15)
                self.family.failures.clear()
                self.family.finish()

        self.run(begin())

    @precondition(lambda self: self.holding)
    @rule(data=st.data(), speaks=st.booleans())
    def a_line_begins_or_ends(self, data: st.DataObject, speaks: bool) -> None:
        session = data.draw(st.sampled_from(self.holding), label="session")

        async def do() -> None:
            if speaks:
                session.speak()
            else:
                session.end_line.set()

        self.run(do())

    @precondition(lambda self: self.there)
    @rule(data=st.data(), breaks_off=st.booleans())
    def a_session_ends(self, data: st.DataObject, breaks_off: bool) -> None:
        session = data.draw(st.sampled_from(self.there), label="session")

        async def do() -> None:
            if breaks_off:
                session.task.cancel()
            else:
                session.leave.set()

        self.run(do())

    @precondition(lambda self: self.family.under_way)
    @rule(failure=st.sampled_from([None, None, None, SpeechError("It broke."), OSError("deep inside")]))
    def a_load_ends(self, failure: Exception | None) -> None:
        async def end() -> None:
            self.family.failures.clear()
            self.family.failures.append(failure)
            self.family.finish()

        self.run(end())

    @rule(span_s=st.sampled_from([1.0, CHECK_S, MIN_S, TTL_S]))
    def time_passes(self, span_s: float) -> None:
        async def move() -> None:
            self.clock.move(span_s)

        self.run(move())

    @rule(model_id=MODELS, how=st.sampled_from(["load", "unload", "when idle", "reload", "reload"]))
    def asked_by_hand(self, model_id: str, how: str) -> None:
        match how:
            case "load":
                self.ask(partial(self.residency.load, model_id))
            case "reload":
                self.ask(partial(self.residency.reload, model_id))
            case _:
                self.ask(partial(self.residency.unload, model_id, when_idle=how == "when idle"))

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def who_asked_is_broken_off(self, data: st.DataObject) -> None:
        task = data.draw(st.sampled_from(self.asked), label="asked")

        async def cancel() -> None:
            task.cancel()

        self.run(cancel())

    @rule(load=st.booleans())
    def nobody_gets_what_is_not_there(self, load: bool) -> None:
        async def ask() -> None:
            session = Session(self.residency, "mem/e", load=load)
            await asyncio.wait({session.task})
            assert isinstance(session.task.result(), NotFound)

        self.run(ask())

    @invariant()
    def nothing_went_wrong(self) -> None:
        assert self.family.wrong == []

    @invariant()
    def what_is_in_memory_is_never_more_than_the_cap(self) -> None:
        states = [each.state for each in self.residency.facts()]
        assert sum(state in {"loading", "resident", "unloading"} for state in states) <= CAP
        assert states.count("loading") == len(self.family.under_way) <= 1
        assert states.count("resident") == len(self.family.alive)

    @invariant()
    def what_is_held_is_in_memory_or_read_anew(self) -> None:
        facts = {each.pack.id: each for each in self.residency.facts()}
        alive = {model.pack.id for model in self.family.alive}
        for session in self.holding:
            # "loading" and "failed": it was read anew under those who hold it.
            assert session.model_id in alive or facts[session.model_id].state in {"loading", "failed"}
        for id_, each in facts.items():
            assert each.users == sum(session.model_id == id_ for session in self.there)

    @invariant()
    def only_known_errors_come_out(self) -> None:
        known = (TryLater, NotLoaded, InUse, SpeechError, ProviderDown)
        lines = [session.line for session in self.sessions if session.line is not None]
        for task in (*self.asked, *lines, *(session.task for session in self.sessions)):
            if task.done() and not task.cancelled() and (refusal := task.result()) is not None:
                assert isinstance(refusal, known), repr(refusal)

    def teardown(self) -> None:
        self.run(self._let_everything_go())
        self.run(self._end())
        self.loop.close()
        self.nothing_went_wrong()
        assert [model.closes for model in self.family.models] == [1] * len(self.family.models)

    async def _let_everything_go(self) -> None:
        for session in self.sessions:
            session.leave.set()
        for _ in range(100):  # what waited for a load may wait for the next one
            self.family.failures.clear()
            self.family.finish()
            await settled()
            if all(task.done() for task in self.asked) and not self.family.under_way:
                break
        assert all(session.task.done() for session in self.sessions)
        assert all(task.done() for task in self.asked), "nobody waits for ever"
        for _ in range(3):
            self.clock.move(TTL_S)
            await settled()
        assert {model.pack.id for model in self.family.alive} <= {PINNED}

    async def _end(self) -> None:
        self.sweep.cancel()
        await self.residency.close()
        left = asyncio.all_tasks() - {asyncio.current_task()} - {self.sweep}
        assert not left, left


Anything.TestCase.settings = settings(max_examples=40, stateful_step_count=40)
TestAnything = Anything.TestCase
