"""One load: warm, measured, and closed again if it can't speak."""

import asyncio

import pytest

from tests.worker.memory import MemoryFamily, pack, settled
from viraltracker.errors import Refused, SettingsRefused, SpeechError
from viraltracker.worker.loading import load_model, process_bytes

A = pack("mem/a")


async def test_a_fresh_model_has_spoken_about_as_long_as_asked_and_nothing_is_left_of_it() -> None:
    family = MemoryFamily()
    await load_model(family, A, 300)
    assert [model.spoken for model in family.models] == [["read"]]
    assert family.models[0].lines == 0
    await load_model(family, A, 1_000)
    assert family.models[1].spoken == ["ready ready rea"]


async def test_without_warm_up_nothing_is_spoken() -> None:
    family = MemoryFamily()
    await load_model(family, A, 0)
    assert family.models[0].spoken == []


async def test_what_a_model_cannot_tell_is_by_how_much_the_process_grew() -> None:
    sizes = iter([1_000, 1_500, 2_000])
    assert (await load_model(MemoryFamily(bytes_each=7), A, 0, lambda: next(sizes)))[1] == 7
    assert (await load_model(MemoryFamily(bytes_each=0), A, 0, lambda: next(sizes)))[1] == 500
    shrunk = iter([2_000, 1_000])
    assert (await load_model(MemoryFamily(bytes_each=0), A, 0, lambda: next(shrunk)))[1] == 0


def test_a_process_has_some_memory() -> None:
    assert process_bytes() >= 0


async def test_a_model_that_cannot_speak_is_closed_and_says_why() -> None:
    family = MemoryFamily()
    family.mute = Refused("It has no voice.")
    with pytest.raises(Refused, match="It has no voice"):
        await load_model(family, A, 300)
    assert [model.closes for model in family.models] == [1]


async def test_a_load_that_is_broken_off_in_its_first_words_is_closed() -> None:
    family = MemoryFamily()
    task = asyncio.create_task(load_model(family, A, 5_000))
    for _ in range(5):
        await asyncio.sleep(0)
    assert family.models[0].lines == 1
    task.cancel()
    await settled()
    assert task.cancelled()
    assert [(model.lines, model.closes) for model in family.models] == [(0, 1)]


async def test_our_own_refusals_pass_and_a_librarys_errors_get_words() -> None:
    family = MemoryFamily()
    family.failures += [SettingsRefused("The file is cut off."), OSError("/secret/path")]
    with pytest.raises(SettingsRefused, match="cut off"):
        await load_model(family, A, 0)
    with pytest.raises(SpeechError, match="mem/a can't be loaded: its engine failed with OSError") as failure:
        await load_model(family, A, 0)
    assert "secret" not in failure.value.message
