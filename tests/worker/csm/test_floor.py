"""Who speaks when, what is given out of a line, and what becomes of lines when memory does not do."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from viraltracker.audio import Floats
from viraltracker.errors import NonsenseAnswer, ProviderDown, StudioError
from viraltracker.worker.csm.asking import Ask, Report
from viraltracker.worker.csm.checkpoint import read_checkpoint
from viraltracker.worker.csm.codec import Codec, Codes
from viraltracker.worker.csm.engine import SlotEngine, Start
from viraltracker.worker.csm.floor import Floor
from viraltracker.worker.csm.lora import read_adapter
from viraltracker.worker.csm.weights import weights_of

pytestmark = pytest.mark.xdist_group("csm")
NOTHING_SILENT: frozenset[int] = frozenset()


class Ear:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.pieces: list[Floats] = []
        self.report: Report | None = None
        self.problem: StudioError | None = None

    def audio(self, samples: Floats) -> None:
        self.pieces.append(samples)

    def done(self, report: Report) -> None:
        self.report = report

    def failed(self, problem: StudioError) -> None:
        self.problem = problem

    @property
    def over(self) -> bool:
        return self.report is not None or self.problem is not None

    @property
    def samples(self) -> Floats:
        return np.concatenate(self.pieces) if self.pieces else np.zeros(0, np.float32)


class Poor(SlotEngine):
    """An engine whose device has memory for `enough` lines at once."""

    enough = 4

    def begin(self, slot: int, start: Start) -> None:
        if self.slots > self.enough:
            raise torch.OutOfMemoryError("no memory for that")
        super().begin(slot, start)


class House:
    """The tiny checkpoint with two adapters, on a floor of its own."""

    def __init__(self, checkpoint: Path, adapters: tuple[Path, Path]) -> None:
        read = read_checkpoint(checkpoint, torch.device("cpu"), torch.float32)
        self.read, self.shape, self.prompter = read, read.shape, read.prompter
        self.weights = weights_of(read.model, read.shape, adapters=2, rank=8)
        self.adapters = adapters

    def floor(
        self,
        slots: int = 4,
        attempts: int = 1,
        kind: type[SlotEngine] = SlotEngine,
        silent: frozenset[int] = NOTHING_SILENT,
        merging: bool = False,
        codec: type[Codec] = Codec,
    ) -> tuple[Floor, SlotEngine]:
        engine = kind(self.weights, slots, 256)
        for place, folder in enumerate(self.adapters, 1):
            engine.adapters.put(place, read_adapter(folder))
        heard = codec(self.read.codec, self.shape)
        return Floor(engine, heard, silent, attempts=attempts, merging=merging), engine

    def ask(
        self,
        text: str = "Hello",
        most: int = 12,
        voice: int = 0,
        seed: int = 1,
        live: bool = False,
        expected: float = 10.0,
    ) -> tuple[Ask, Ear]:
        ear = Ear()
        return (
            Ask(
                ids=self.prompter.ids(text),
                expected_frames=expected,
                most_frames=most,
                listener=ear,
                voice=voice,
                seed=seed,
                live=live,
            ),
            ear,
        )


@pytest.fixture(scope="module")
def house(checkpoint: Path, adapters: tuple[Path, Path]) -> House:
    return House(checkpoint, adapters)


def run(floor: Floor, until: Callable[[], bool] = lambda: False) -> None:
    for _ in range(500):
        if floor.idle or until():
            return
        floor.turn()
    raise AssertionError("it never ends")


def spoken(house: House, *lines: tuple[Ask, Ear], **how: object) -> Floor:
    floor, _ = house.floor(**how)  # type: ignore[arg-type]
    for ask, _ in lines:
        floor.add(ask)
    run(floor)
    return floor


def test_more_lines_than_slots_all_come_out_and_each_as_it_is_alone(house: House) -> None:
    lines = [house.ask(f"Line {at}", 5 + at % 7, at % 3, seed=at) for at in range(7)]
    spoken(house, *lines)
    for at, (_, ear) in enumerate(lines):
        alone = house.ask(f"Line {at}", 5 + at % 7, at % 3, seed=at)
        spoken(house, alone)
        assert len(ear.samples) == (5 + at % 7) * 1_920
        assert np.abs(ear.samples - alone[1].samples).max() < 1e-5


def test_a_listened_line_comes_piece_by_piece_and_is_the_whole_line(house: House) -> None:
    heard, whole = house.ask("The same words", 30, 1, live=True), house.ask("The same words", 30, 1)
    spoken(house, heard, whole)
    sizes = [len(piece) // 1_920 for piece in heard[1].pieces]
    assert sizes[:3] == [2, 2, 4]
    assert sum(sizes) == 30
    assert len(whole[1].pieces) == 1
    assert np.abs(heard[1].samples - whole[1].samples).max() < 1e-5


def test_who_listens_comes_first_and_finds_a_slot_kept(house: House) -> None:
    floor, engine = house.floor(slots=4)
    whole = [house.ask(f"Long {at}", 100) for at in range(6)]
    for ask, _ in whole:
        floor.add(ask)
    floor.turn()
    assert len(engine.free) == 1
    live, ear = house.ask("Now", 8, live=True)
    floor.add(live)
    floor.turn()
    assert not engine.free
    run(floor, lambda: ear.over)
    assert not any(each.over for _, each in whole)


def test_long_lines_begin_first(house: House) -> None:
    floor, _ = house.floor(slots=1)
    short, long = house.ask("a", 4, expected=3.0), house.ask("b", 9, expected=9.0)
    floor.add(short[0])
    floor.add(long[0])
    run(floor, lambda: short[1].over or long[1].over)
    assert long[1].over
    assert not short[1].over


def test_a_line_that_goes_wrong_is_made_again_and_every_attempt_is_kept(house: House) -> None:
    asked = house.ask("Hello there", 12, expected=40.0)
    spoken(house, asked, attempts=4)
    report = asked[1].report
    assert report is not None
    assert [attempt.ended for attempt in report.attempts] == ["cap"] * 4
    assert len({attempt.seed for attempt in report.attempts}) == 4
    assert report.attempts[0].seed == 1
    facts = report.facts()
    assert facts["attempts"].count("cap") == 4
    assert facts["seed"] == str(report.attempts[report.heard].seed)


def test_of_a_line_somebody_heard_nothing_is_made_again(house: House) -> None:
    asked = house.ask("Hello there", 12, live=True, expected=40.0)
    spoken(house, asked, attempts=4)
    assert asked[1].report is not None
    assert len(asked[1].report.attempts) == 1


def test_a_voice_that_only_ever_is_silent_says_so(house: House) -> None:
    everything = frozenset(range(house.shape.codec_ids))
    for live in (False, True):
        asked = house.ask("Hello", 60, live=live)
        spoken(house, asked, attempts=2, silent=everything)
        assert isinstance(asked[1].problem, NonsenseAnswer)
        assert not asked[1].pieces


def test_a_dropped_line_is_heard_no_more_and_leaves_its_slot(house: House) -> None:
    floor, engine = house.floor(slots=1)
    under_way, waiting, other = (house.ask(name, 40, live=True) for name in ("a", "b", "c"))
    for ask, _ in (under_way, waiting, other):
        floor.add(ask)
    for _ in range(5):
        floor.turn()
    floor.drop(under_way[0])
    floor.drop(waiting[0])
    assert engine.free == (0,)
    before = len(under_way[1].pieces)
    run(floor)
    assert len(under_way[1].pieces) == before
    assert not under_way[1].over
    assert not waiting[1].pieces
    assert len(other[1].samples) == 40 * 1_920
    floor.drop(under_way[0])


def test_with_merging_voices_take_turns_and_sound_the_same(house: House) -> None:
    lines = [house.ask(f"Line {at}", 8, at % 3, seed=at) for at in range(7)]
    plainly = [house.ask(f"Line {at}", 8, at % 3, seed=at) for at in range(7)]
    spoken(house, *plainly)
    floor, engine = house.floor(merging=True)
    for ask, _ in lines:
        floor.add(ask)
    merged = set()

    def look() -> bool:
        merged.add(engine.adapters.merged)
        return False

    run(floor, look)
    engine.merge(0)  # the weights are everybody's
    assert merged == {0, 1, 2}
    for one, other in zip(lines, plainly, strict=True):
        assert np.abs(one[1].samples - other[1].samples).max() < 1e-4


def test_too_little_memory_means_fewer_slots_and_the_same_lines(house: House) -> None:
    lines = [house.ask(f"Line {at}", 6 + at, at % 3, seed=at, live=at == 2) for at in range(5)]
    rich = [house.ask(f"Line {at}", 6 + at, at % 3, seed=at) for at in range(5)]
    floor, engine = house.floor(slots=8, kind=Poor)
    for ask, _ in lines:
        floor.add(ask)
    run(floor)
    assert engine.slots == 4
    spoken(house, *rich)
    for one, other in zip(lines, rich, strict=True):
        assert np.abs(one[1].samples - other[1].samples).max() < 1e-5


class Cramped(Codec):
    """A codec whose device has no memory for it, so many times."""

    times = 1

    def decode(self, lines: Sequence[Codes]) -> list[Floats]:
        if any(len(line) >= 6 for line in lines) and self.times:
            self.times -= 1
            raise torch.OutOfMemoryError("no memory for that")
        return super().decode(lines)


def test_a_line_that_is_all_there_but_its_sound_is_not_lost_to_too_little_memory(house: House) -> None:
    lines = [house.ask(f"Line {at}", 6, at % 3, seed=at, live=at == 1) for at in range(4)]
    floor, engine = house.floor(slots=8, kind=Poor, codec=Cramped)
    for ask, _ in lines:
        floor.add(ask)
    run(floor)
    assert engine.slots == 2, "once for its slots, once for the codec"
    rich = [house.ask(f"Line {at}", 6, at % 3, seed=at) for at in range(4)]
    spoken(house, *rich)
    for one, other in zip(lines, rich, strict=True):
        assert one[1].report is not None
        assert np.abs(one[1].samples - other[1].samples).max() < 1e-5


def test_a_codec_that_never_has_memory_ends_its_lines_in_words(house: House) -> None:
    class Hopeless(Cramped):
        times = 1_000

    floor, _ = house.floor(slots=2, codec=Hopeless)
    asked = house.ask("Hello", 6)
    floor.add(asked[0])
    run(floor)
    assert isinstance(asked[1].problem, ProviderDown)


def test_no_memory_at_all_is_said_and_ends_nothing_else(house: House) -> None:
    class Bare(Poor):
        enough = 0

    floor, _ = house.floor(slots=2, kind=Bare)
    asked = house.ask()
    floor.add(asked[0])
    run(floor)
    assert isinstance(asked[1].problem, ProviderDown)
    assert "too little memory" in asked[1].problem.message
