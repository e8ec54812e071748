"""Models held and loaded: what each asker gets, whoever else asks, leaves or is broken off."""

import asyncio
from dataclasses import replace

import pytest

from tests.worker.house import RULES, House, Session
from tests.worker.memory import MemoryModel, settled
from viraltracker.errors import NotFound, NotLoaded, Refused, SettingsRefused
from viraltracker.worker.families import EspeakFamily, ToneFamily
from viraltracker.worker.packs import Packs, catalogue
from viraltracker.worker.ports import Family
from viraltracker.worker.residency import Residency


async def test_a_held_model_is_the_one_that_was_asked_for_and_stays() -> None:
    house = House()
    async with house.residency.hold("mem/b", load=True) as held:
        async with held.using() as model:
            assert isinstance(model, MemoryModel)
            assert model.pack.id == "mem/b"
        facts = house.residency.about("mem/b")
        assert (facts.state, facts.users, facts.memory_bytes) == ("resident", 1, 7)
        assert [voice.id for voice in facts.voices] == ["first"]
        assert facts.options == {"warmth": (0.0, 1.0)}
    assert house.residency.about("mem/b").users == 0
    assert house.resident == ["mem/b"]


async def test_what_is_not_there_is_never_something_else() -> None:
    house = House()
    for model_id, told in {
        "mem/aa": 'This worker has no model "mem/aa". Did you mean "mem/a"?',
        "": 'This worker has no model "". Choose one of those it lists.',
        "x\x1b[2J" + "y" * 5_000: 'This worker has no model "x\ufffd[2J' + "y" * 55 + '". Choose',
    }.items():
        residency = house.residency
        for asking in (
            house.visit(model_id),
            residency.load(model_id),
            residency.unload(model_id),
            residency.reload(model_id),
        ):
            with pytest.raises(NotFound) as refusal:
                await asking
            assert refusal.value.message.startswith(told)
    assert house.family.models == []


async def test_a_broken_pack_says_what_to_mend() -> None:
    house = House()
    with pytest.raises(SettingsRefused, match=r"mem/torn can't be used: metadata\.yaml is missing"):
        await house.visit("mem/torn")
    torn = house.residency.facts()[-1]
    assert (torn.pack.id, torn.state, torn.problem) == ("mem/torn", "failed", "metadata.yaml is missing.")
    assert (torn.pack.family, torn.pack.consent) == ("mem", "")


async def test_not_in_memory_is_an_error_for_who_did_not_ask_for_a_load() -> None:
    house = House(gated=True)
    with pytest.raises(NotLoaded, match="mem/a is not in memory"):
        async with house.residency.hold("mem/a", load=False):
            pass
    assert house.family.under_way == []
    session = Session(house, "mem/a")
    await settled()
    with pytest.raises(NotLoaded, match="mem/a is on its way, but not in memory"):
        async with house.residency.hold("mem/a", load=False):
            pass
    house.family.finish()
    await settled()
    async with house.residency.hold("mem/a", load=False):
        assert house.residency.about("mem/a").users == 2
    await session.let_go()


async def test_one_load_however_many_ask_and_one_load_at_a_time() -> None:
    house = House(gated=True)
    sessions = [Session(house, model_id) for model_id in ("mem/a", "mem/b", "mem/a", "mem/b")]
    by_hand = asyncio.create_task(house.residency.load("mem/a"))
    await settled()
    assert [loading.id for loading, _ in house.family.under_way] == ["mem/a"]
    house.clock.move(2.5)
    house.family.finish()
    await settled()
    assert [loading.id for loading, _ in house.family.under_way] == ["mem/b"]
    house.family.finish()
    await settled()
    assert house.family.loads == ["mem/a", "mem/b"]
    assert await by_hand == 2.5
    assert await house.residency.load("mem/a") == 0.0
    assert house.books.told == [("loaded", "mem/a"), ("loaded", "mem/b")]
    assert house.books.took_s == [2.5, 0.0]
    assert house.books.counts == [1, 2]
    for session in sessions:
        await session.let_go()


async def test_who_is_broken_off_leaves_the_load_to_the_others() -> None:
    house = House(gated=True)
    first, second = Session(house, "mem/a"), Session(house, "mem/a")
    await settled()
    first.task.cancel()
    await settled()
    assert (first.task.done(), house.residency.about("mem/a").users) == (True, 1)
    house.family.finish()
    await settled()
    assert second.held is not None
    await second.let_go()
    assert house.family.loads == ["mem/a"]


async def test_when_all_are_broken_off_the_next_one_finds_it_loaded() -> None:
    house = House(gated=True)
    session = Session(house, "mem/a")
    await settled()
    session.task.cancel()
    await settled()
    house.family.finish()
    await settled()
    async with house.residency.hold("mem/a", load=False):
        pass


async def test_a_failed_load_is_told_to_everybody_and_may_be_tried_again() -> None:
    house = House(gated=True)
    house.family.failures.append(SettingsRefused("The file is cut off."))
    sessions = [Session(house, "mem/a") for _ in range(3)]
    await settled()
    house.family.finish()
    await settled()
    assert [str(session.problem) for session in sessions] == ["The file is cut off."] * 3
    facts = house.residency.about("mem/a")
    assert (facts.state, facts.problem, facts.users) == ("failed", "The file is cut off.", 0)
    again = Session(house, "mem/a")
    await settled()
    house.family.finish()
    await settled()
    assert house.residency.about("mem/a").problem == ""
    await again.let_go()
    assert house.books.told == [("failed", "mem/a"), ("loaded", "mem/a")]


async def test_a_model_that_cannot_say_its_first_words_is_a_failed_load() -> None:
    house = House(warm_up_ms=300)
    house.family.mute = Refused("It has no voice.")
    with pytest.raises(Refused, match="It has no voice"):
        await house.visit("mem/a")
    assert house.state("mem/a") == "failed"
    assert house.family.alive == []


async def test_the_speed_is_that_of_the_last_lines() -> None:
    house = House()
    await house.visit("mem/a")
    assert house.residency.about("mem/a").rtf is None
    house.residency.note("mem/a", 0.0, 0.0)
    assert house.residency.about("mem/a").rtf is None
    for _ in range(5):
        house.residency.note("mem/a", 100.0, 1.0)
    for _ in range(20):
        house.residency.note("mem/a", 0.5, 2.0)
    assert house.residency.about("mem/a").rtf == 0.25
    await house.residency.reload("mem/a")
    assert house.residency.about("mem/a").rtf is None


async def test_how_long_a_model_is_there_is_told() -> None:
    house = House()
    await house.visit("mem/a")
    house.clock.move(42)
    assert [each.resident_s for each in house.residency.facts()] == [42, 0, 0, 0]


async def test_a_pinned_model_that_there_is_not_is_refused_but_a_broken_one_is_lived_with() -> None:
    with pytest.raises(SettingsRefused, match='default or preload: This worker has no model "mem/aa"'):
        House(rules=replace(RULES, pinned=frozenset({"mem/aa"})))
    assert House(rules=replace(RULES, pinned=frozenset({"mem/torn"}))).resident == []


async def test_the_engines_that_are_shipped_can_be_held_together() -> None:
    families: list[Family] = [ToneFamily(), EspeakFamily()]
    residency = Residency(families, catalogue(Packs(), families), RULES)
    async with (
        residency.hold("tone/tone", load=True) as tone,
        residency.hold("espeak/espeak-ng", load=True) as espeak,
    ):
        async with tone.using() as model:
            assert model.rate_hz == 24_000
        async with espeak.using() as model:
            assert model.voices[0].id == "en-us"
        assert [each.state for each in residency.facts()] == ["resident", "resident"]
    await residency.close()
