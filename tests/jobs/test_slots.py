"""A provider's limit over processes: each `LeasedSlots` here is a process of its own, for all it knows.

Time is moved by moving the ends of leases.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random
from typing import Any
from uuid import uuid4

import anyio
import pytest

from tests.jobs.conftest import PATIENCE_S, Flaky, Queue, until
from viraltracker.errors import StoreDown
from viraltracker.jobs import LeasedSlots
from viraltracker.store import Postgres

TTL_S = 60.0


@asynccontextmanager
async def processes(postgres: Postgres, count: int) -> AsyncIterator[list[LeasedSlots]]:
    async with AsyncExitStack() as stack:
        made = [LeasedSlots(postgres.acting_as_worker(), postgres) for _ in range(count)]
        for slots in made:
            await stack.enter_async_context(slots)
        yield made


class Provider:
    """Counts the calls that are under way."""

    def __init__(self) -> None:
        self.now = self.peak = self.served = 0

    @asynccontextmanager
    async def call(self) -> AsyncIterator[None]:
        self.now += 1
        self.peak = max(self.peak, self.now)
        try:
            yield
        finally:
            self.now -= 1
            self.served += 1


@pytest.mark.parametrize("seed", range(6))
async def test_the_limit_holds_and_everybody_gets_in(postgres: Postgres, seed: int) -> None:
    chance = Random(seed)
    limit = chance.choice([1, 2, 5])
    provider = Provider()

    async def call(slots: LeasedSlots, breaks_off: bool, length_s: float) -> None:
        with anyio.move_on_after(0.01 if breaks_off else PATIENCE_S):
            async with slots.hold("p", limit, TTL_S), provider.call():
                await anyio.sleep(length_s)

    async with processes(postgres, 3) as made:
        with anyio.fail_after(PATIENCE_S):
            async with anyio.create_task_group() as group:
                for _ in range(60):
                    group.start_soon(
                        call, chance.choice(made), chance.random() < 0.2, chance.random() * 0.005
                    )
        # Nothing leaked: all the slots are there again.
        with anyio.fail_after(PATIENCE_S):
            async with AsyncExitStack() as stack:
                for _ in range(limit):
                    await stack.enter_async_context(made[0].hold("p", limit, TTL_S))
    assert provider.peak <= limit
    assert provider.served >= 40


async def test_in_a_process_first_come_first_served(postgres: Postgres) -> None:
    order: list[int] = []

    async def call(slots: LeasedSlots, number: int) -> None:
        async with slots.hold("p", 2, TTL_S):
            order.append(number)

    async with processes(postgres, 1) as (slots,):
        with anyio.fail_after(PATIENCE_S):
            async with slots.hold("p", 2, TTL_S), slots.hold("p", 2, TTL_S):
                tasks = [asyncio.create_task(call(slots, number)) for number in range(10)]
                await anyio.lowlevel.checkpoint()
            await asyncio.gather(*tasks)
    assert order == list(range(10))


async def test_who_came_late_gets_in(postgres: Postgres) -> None:
    """One process has work for ever and all the slots; the other needs a single one."""
    async with processes(postgres, 2) as (busy, late):
        calls = 0
        got_in = anyio.Event()

        async def work_for_ever() -> None:
            nonlocal calls
            while not got_in.is_set():
                async with busy.hold("p", 2, TTL_S):
                    calls += 1
                    await anyio.sleep(0.002)

        async def come_late() -> None:
            async with late.hold("p", 2, TTL_S):
                got_in.set()

        with anyio.fail_after(PATIENCE_S):
            async with anyio.create_task_group() as group:
                for _ in range(8):
                    group.start_soon(work_for_ever)
                group.start_soon(come_late)
    assert calls > 0


async def test_a_crashed_holders_slot_comes_back_when_its_lease_ends(
    postgres: Postgres, queue: Queue
) -> None:
    worker = postgres.acting_as_worker()
    crashed: dict[str, Any] = {"holders": [uuid4(), uuid4()], "ttls_s": [TTL_S, TTL_S]}
    answer = await worker.call("private.slot_take_v1", provider="p", most=2, **crashed)
    assert answer == {"granted": 2, "wait_s": None}
    more = {"holders": [uuid4()], "ttls_s": [TTL_S]}
    answer = await worker.call("private.slot_take_v1", provider="p", most=2, **more)
    assert answer["granted"] == 0
    assert 50 < answer["wait_s"] <= TTL_S
    queue.ask(
        "update private.slots set expires_at = clock_timestamp() + interval '50 ms' where slot_number = 1"
    )
    async with processes(postgres, 1) as (slots,):  # nobody gives notice: the end itself wakes
        with anyio.fail_after(PATIENCE_S):
            async with slots.hold("p", 2, TTL_S):
                held = queue.ask("select holder::text from private.slots order by slot_number")
    assert held[1]["holder"] == str(crashed["holders"][1])
    assert len(held) == 2


async def test_providers_dont_wait_for_each_other_nor_the_limitless_at_all(
    postgres: Postgres, queue: Queue
) -> None:
    async with processes(postgres, 1) as (slots,):
        with anyio.fail_after(PATIENCE_S):
            async with slots.hold("p", 1, TTL_S), slots.hold("q", 1, TTL_S), slots.hold("p", None, TTL_S):
                kept = queue.ask("select provider from private.slots order by provider")
    assert [row["provider"] for row in kept] == ["p", "q"]


async def test_a_lowered_limit_counts_the_leases_beyond_it(postgres: Postgres) -> None:
    worker = postgres.acting_as_worker()
    first: dict[str, Any] = {"holders": [uuid4() for _ in range(4)], "ttls_s": [TTL_S] * 4}
    await worker.call("private.slot_take_v1", provider="p", most=4, **first)
    ask = {"provider": "p", "most": 2, "holders": [uuid4()], "ttls_s": [TTL_S]}
    for returned, granted in ((0, 0), (1, 0), (2, 0), (3, 1)):
        back = first["holders"][:returned]
        answer = await worker.call("private.slot_take_v1", **ask, returned=back)
        assert answer["granted"] == granted


async def test_a_long_call_keeps_its_slot(postgres: Postgres, queue: Queue) -> None:
    ends = "select expires_at from private.slots"
    async with processes(postgres, 1) as (slots,), slots.hold("p", 1, 0.2):
        before = queue.ask(ends)
        await until(lambda: queue.ask(ends) != before)


async def test_a_lost_database_refuses_who_waits_and_gets_its_slots_back(
    postgres: Postgres, queue: Queue
) -> None:
    door = Flaky(postgres.acting_as_worker())
    door.shut.update({"private.slot_take_v1": 1, "private.slot_release_v1": 1})
    async with LeasedSlots(door, postgres) as slots:
        with pytest.raises(StoreDown):
            async with slots.hold("p", 1, TTL_S):
                raise AssertionError
        async with slots.hold("p", 1, TTL_S):
            pass  # what was made inside is not lost over a slot
        with anyio.fail_after(PATIENCE_S):
            async with slots.hold("p", 1, TTL_S):
                pass
    assert queue.ask("select 1 from private.slots") == []


async def test_a_lease_that_ended_under_its_holder_is_told(
    postgres: Postgres, queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    door = Flaky(postgres.acting_as_worker())
    door.shut.update({"private.slot_renew_v1": 1})
    async with LeasedSlots(door, postgres) as slots, slots.hold("p", 1, 0.1):
        await until(lambda: "slot.unheard" in caplog.messages)
        queue.ask("delete from private.slots")
        await until(lambda: "slot.lost" in caplog.messages)
