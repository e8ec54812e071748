"""Models make room, go unused, go by hand, are read anew, and all end: never under a line, never twice."""

import asyncio
from dataclasses import replace

import pytest

from tests.worker.house import RULES, House, Session, sweeping, used
from tests.worker.memory import pack, settled
from viraltracker.errors import InUse, NotLoaded, ProviderDown, SettingsRefused, TryLater


async def test_room_is_made_before_the_load_by_who_was_used_longest_ago() -> None:
    house = House()
    await house.visit("mem/a")
    await house.visit("mem/b")
    await house.visit("mem/a")
    house.clock.move(120)
    await house.visit("mem/c")
    assert house.family.wrong == []
    assert house.resident == ["mem/a", "mem/c"]
    assert house.books.told[-2:] == [("left", "mem/b", "room"), ("loaded", "mem/c")]
    assert house.books.counts[-2:] == [1, 2]


async def test_without_room_it_is_told_when_to_ask_again() -> None:
    house = House()
    await house.visit("mem/a")
    house.clock.move(60)
    await house.visit("mem/b")
    with pytest.raises(TryLater, match="There is no room for mem/c: the worker keeps 2 models") as busy:
        await house.visit("mem/c")
    assert busy.value.after_s == 60
    assert house.state("mem/c") == "absent"
    house.clock.move(busy.value.after_s)
    await house.visit("mem/c")


async def test_an_engine_that_ends_badly_gives_its_place_away() -> None:
    house = House()
    house.family.stuck = OSError("it hangs")
    await house.visit("mem/a")
    await house.residency.unload("mem/a")
    assert house.state("mem/a") == "absent"


async def test_what_nobody_uses_goes_and_the_pinned_stay() -> None:
    house = House(rules=replace(RULES, pinned=frozenset({"mem/a"})))
    await house.residency.load("mem/a")
    await house.visit("mem/b")
    async with sweeping(house):
        house.clock.move(599)
        await settled()
        assert house.resident == ["mem/a", "mem/b"]
        house.clock.move(30)
        await settled()
        assert house.resident == ["mem/a"]
    assert house.books.told[-1] == ("left", "mem/b", "unused")


async def test_what_is_held_never_goes_by_itself() -> None:
    house = House()
    async with house.residency.hold("mem/a", load=True), sweeping(house):
        house.clock.move(100_000)
        await settled()
        assert house.resident == ["mem/a"]


async def test_by_hand_what_is_in_use_is_refused_or_goes_with_its_last_session() -> None:
    house = House()
    first, second = Session(house, "mem/a"), Session(house, "mem/a")
    await settled()
    with pytest.raises(InUse):
        await house.residency.unload("mem/a")
    await house.residency.unload("mem/a", when_idle=True)
    await first.let_go()
    assert house.resident == ["mem/a"]
    await second.let_go()
    assert house.resident == []
    assert house.books.told[-1] == ("left", "mem/a", "asked")
    await house.residency.unload("mem/a")
    assert house.state("mem/a") == "absent"


async def test_who_comes_while_it_goes_gets_it_loaded_again() -> None:
    house = House()
    leaving = Session(house, "mem/a")
    await settled()
    await house.residency.unload("mem/a", when_idle=True)
    house.family.may_close.clear()
    await leaving.let_go()
    assert house.state("mem/a") == "unloading"
    session = Session(house, "mem/a")
    await settled()
    house.family.may_close.set()
    await settled()
    assert session.held is not None
    assert await used(session.held) in house.family.alive
    await session.let_go()


async def test_what_was_to_go_with_waiters_that_left_goes_as_it_comes() -> None:
    house = House(gated=True)
    waiting = Session(house, "mem/a")
    await settled()
    await house.residency.unload("mem/a", when_idle=True)
    waiting.task.cancel()
    await settled()
    house.family.may_close.clear()
    house.family.finish()
    await settled()
    assert house.state("mem/a") == "unloading"
    late = Session(house, "mem/a")  # joins a load that ends with the model gone
    await settled()
    house.family.may_close.set()
    await settled()
    house.family.finish()
    await settled()
    assert late.held is not None
    assert await used(late.held) in house.family.alive
    await late.let_go()
    assert house.resident == ["mem/a"]


async def test_read_anew_waits_for_lines_and_keeps_new_ones_and_holds() -> None:
    house = House()
    house.rereads["mem/a"] = pack("mem/a", title="Second edition")
    async with house.residency.hold("mem/a", load=True) as held:
        async with held.using() as before:
            reload = asyncio.create_task(house.residency.reload("mem/a"))
            joined = asyncio.create_task(house.residency.reload("mem/a"))
            await settled()
            late = asyncio.create_task(used(held))
            await settled()
            assert (reload.done(), late.done()) == (False, False)
            assert house.family.alive == [before]
        await asyncio.gather(reload, joined)
        after = await late
        assert after is not before
        assert house.family.alive == [after]
        facts = house.residency.about("mem/a")
        assert (facts.pack.title, facts.users, facts.state) == ("Second edition", 1, "resident")
    assert house.family.loads == ["mem/a", "mem/a"]
    assert ("left", "mem/a", "reload") in house.books.told


async def test_a_pack_that_cannot_be_read_again_leaves_the_model_as_it_is() -> None:
    house = House()
    house.rereads["mem/a"] = SettingsRefused("metadata.yaml is missing.")
    async with house.residency.hold("mem/a", load=True) as held:
        with pytest.raises(SettingsRefused):
            await house.residency.reload("mem/a")
        assert await used(held) in house.family.alive


async def test_a_model_that_cannot_be_loaded_again_says_so_until_it_can() -> None:
    house = House()
    async with house.residency.hold("mem/a", load=True) as held:
        house.family.failures.append(SettingsRefused("The file is cut off."))
        with pytest.raises(SettingsRefused, match="cut off"):
            await house.residency.reload("mem/a")
        with pytest.raises(NotLoaded, match="mem/a could not be read anew: The file is cut off"):
            await used(held)
        assert (house.state("mem/a"), house.residency.about("mem/a").users) == ("failed", 1)
        await house.residency.load("mem/a")
        assert await used(held) in house.family.alive


async def test_who_asks_after_the_pack_was_read_has_it_read_again() -> None:
    house = House(gated=True)
    first = asyncio.create_task(house.residency.reload("mem/a"))
    await settled()
    house.rereads["mem/a"] = pack("mem/a", title="Second edition")
    second = asyncio.create_task(house.residency.reload("mem/a"))
    for reload in (first, second):
        await settled()
        house.family.finish()
        await reload
    assert [model.pack.title for model in house.family.models] == ["a", "Second edition"]


async def test_what_was_to_go_with_a_session_that_left_while_it_was_read_anew_goes() -> None:
    house = House()
    session = Session(house, "mem/a")
    await settled()
    await house.residency.unload("mem/a", when_idle=True)
    house.family.gated = True
    reload = asyncio.create_task(house.residency.reload("mem/a"))
    await settled()
    await session.let_go()
    assert house.state("mem/a") == "loading"
    house.family.finish()
    await reload
    assert (house.state("mem/a"), house.family.alive) == ("absent", [])


async def test_reading_anew_loads_what_was_not_there() -> None:
    house = House()
    await house.residency.reload("mem/a")
    assert house.resident == ["mem/a"]


async def test_the_end_breaks_loads_off_waits_for_lines_and_closes_everything() -> None:
    house = House()
    async with house.residency.hold("mem/a", load=True) as held:
        house.family.gated = True
        waiting, queued = Session(house, "mem/b"), Session(house, "mem/c")
        await settled()
        async with held.using():
            closing = asyncio.create_task(house.residency.close())
            await settled()
            assert isinstance(waiting.problem, ProviderDown)
            assert isinstance(queued.problem, ProviderDown)
            assert not closing.done()
            with pytest.raises(ProviderDown):
                await house.visit("mem/a")
        await closing
        with pytest.raises(ProviderDown):
            await used(held)
    assert house.family.alive == []
    assert house.books.told[-1] == ("left", "mem/a", "ending")
    await house.residency.close()


async def test_a_close_under_way_is_let_finish_at_the_end() -> None:
    house = House()
    await house.visit("mem/a")
    house.family.may_close.clear()
    unloading = asyncio.create_task(house.residency.unload("mem/a"))
    await settled()
    closing = asyncio.create_task(house.residency.close())
    await settled()
    assert not closing.done()
    house.family.may_close.set()
    await closing
    await unloading
    assert [model.closes for model in house.family.models] == [1]
