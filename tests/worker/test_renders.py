"""Whole lines that wait for their turn: by voice, together, none lost, none kept by another's failure."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import numpy as np
import pytest

from tests.worker.stage import Clock, Holding, Pieces
from viraltracker.errors import ProviderDown, Refused, TryLater
from viraltracker.worker.metrics import Metrics
from viraltracker.worker.model import Line, Rendered
from viraltracker.worker.renders import Made, Renders

pytestmark = pytest.mark.anyio


class Batches(Pieces):
    """A model that writes down what it was given together, and waits at a gate."""

    def __init__(self, batch: int = 3) -> None:
        super().__init__()
        self.batch = batch
        self.given: list[list[str]] = []
        self.gate = asyncio.Event()

    async def render(self, lines: Sequence[Line]) -> AsyncGenerator[Rendered]:
        self.given.append([line.text for line in lines])
        await self.gate.wait()
        for index, line in enumerate(lines):
            if line.text == "bad":
                yield Rendered(index, problem=Refused("Not this one."))
            elif line.text == "defect":
                raise ZeroDivisionError
            elif line.text != "nothing":
                yield Rendered(index, np.zeros(len(line.text), dtype=np.float32))


class Queue:
    """A queue over one such model."""

    def __init__(self, model: Batches, most_waiting: int = 50, most_together: int = 8) -> None:
        self.clock = Clock()
        self.noted: list[tuple[str, float, float]] = []
        self.renders = Renders(
            most_waiting, most_together, Metrics(), lambda *facts: self.noted.append(facts), self.clock
        )
        self.held = Holding(model)

    def ask(self, text: str, voice: str = "a", model: str = "m") -> asyncio.Task[Made]:
        return asyncio.create_task(self.renders.speak(model, self.held, Line(text, voice)))


@pytest.fixture
def model() -> Batches:
    return Batches()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_lines_of_one_voice_go_together_and_who_waits_longest_comes_first(model: Batches) -> None:
    queue = Queue(model)
    first = queue.ask("1", "a")
    await settle()
    others = [queue.ask(text, voice) for text, voice in zip("23456789", "babababa", strict=True)]
    await settle()
    assert queue.renders.depth == 8
    queue.clock.now_s += 2
    model.gate.set()
    made = await asyncio.gather(first, *others)
    assert model.given == [["1"], ["2", "4", "6"], ["3", "5", "7"], ["8"], ["9"]]
    assert {len(each.samples) for each in made} == {1}
    assert [each.waited_s for each in made] == [0.0] + [2.0] * 8
    assert queue.renders.depth == 0
    assert [facts[0] for facts in queue.noted] == ["m"] * 5


@pytest.mark.parametrize(("most_together", "together"), [(2, 2), (8, 3)])
async def test_no_more_go_together_than_model_and_configuration_say(
    model: Batches, most_together: int, together: int
) -> None:
    queue = Queue(model, most_together=most_together)
    asked = [queue.ask(str(n)) for n in range(6)]
    model.gate.set()
    await asyncio.gather(*asked)
    assert max(map(len, model.given)) == together


async def test_a_line_that_fails_keeps_nobody(model: Batches) -> None:
    queue = Queue(model)
    asked = [queue.ask(text) for text in ("good", "bad", "fine")]
    model.gate.set()
    good, bad, fine = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(good, Made)
    assert isinstance(fine, Made)
    assert isinstance(bad, Refused)


async def test_a_line_without_an_answer_and_a_defect_are_failures_and_the_queue_goes_on(
    model: Batches,
) -> None:
    queue = Queue(model)
    model.gate.set()
    for text in ("nothing", "defect"):
        with pytest.raises(ProviderDown):
            await queue.ask(text)
    assert len((await queue.ask("good")).samples) == 4


async def test_who_comes_to_a_full_queue_is_told_when_to_come_again(model: Batches) -> None:
    queue = Queue(model, most_waiting=2)
    asked = [queue.ask("1")]
    await settle()
    asked += [queue.ask("2"), queue.ask("3")]
    await settle()
    with pytest.raises(TryLater) as full:
        await queue.ask("4")
    assert full.value.after_s > 0
    model.gate.set()
    await asyncio.gather(*asked)


async def test_who_leaves_while_waiting_is_not_spoken(model: Batches) -> None:
    queue = Queue(model)
    first, leaves, stays = queue.ask("1", "a"), queue.ask("2", "b"), queue.ask("3", "b")
    await settle()
    leaves.cancel()
    await settle()
    model.gate.set()
    await asyncio.gather(first, stays)
    assert model.given == [["1"], ["3"]]


async def test_models_do_not_wait_for_each_other(model: Batches) -> None:
    queue, other = Queue(model), Batches()
    waiting = queue.ask("1")
    other.gate.set()
    await queue.renders.speak("other", Holding(other), Line("2"))
    assert not waiting.done()
    model.gate.set()
    await waiting


async def test_at_the_end_everybody_is_told(model: Batches) -> None:
    queue = Queue(model)
    asked = [queue.ask("1", "a"), queue.ask("2", "b")]
    await settle()
    await queue.renders.close()
    for each in await asyncio.gather(*asked, return_exceptions=True):
        assert isinstance(each, ProviderDown)
