"""Lines together, or one alone."""

import asyncio

from tests.worker.memory import settled
from viraltracker.worker.gate import Gate


class Visitor:
    """Goes through a gate, and stays inside until told to leave."""

    def __init__(self, gate: Gate, *, alone: bool = False) -> None:
        self.inside, self._leave = False, asyncio.Event()
        self.task = asyncio.create_task(self._visit(gate, alone))

    async def _visit(self, gate: Gate, alone: bool) -> None:
        async with gate.alone() if alone else gate.line():
            self.inside = True
            await self._leave.wait()
        self.inside = False

    async def leave(self) -> None:
        self._leave.set()
        await self.task


async def test_lines_go_through_together_and_alone_means_alone() -> None:
    gate = Gate()
    lines = [Visitor(gate) for _ in range(3)]
    alone = Visitor(gate, alone=True)
    await settled()
    late = Visitor(gate)
    await settled()
    assert [each.inside for each in (*lines, alone, late)] == [True, True, True, False, False]
    for line in lines:
        await line.leave()
    await settled()
    assert (alone.inside, late.inside) == (True, False)
    await alone.leave()
    await settled()
    assert late.inside
    await late.leave()


async def test_who_waits_to_be_alone_and_gives_up_lets_lines_through() -> None:
    gate = Gate()
    line, alone = Visitor(gate), Visitor(gate, alone=True)
    await settled()
    late = Visitor(gate)
    await settled()
    alone.task.cancel()
    await settled()
    assert (line.inside, late.inside) == (True, True)
    await line.leave()
    await late.leave()


async def test_a_line_that_is_broken_off_is_through() -> None:
    gate = Gate()
    line, alone = Visitor(gate), Visitor(gate, alone=True)
    await settled()
    line.task.cancel()
    await settled()
    assert alone.inside
    await alone.leave()
