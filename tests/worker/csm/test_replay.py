"""A recorded frame: the same tokens, from buffers that never move, without a word from the host."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.worker.csm.judge import Judge
from tests.worker.csm.tape import Tape
from tests.worker.csm.test_engine import SHAPE, TEXTS, model, spoken, start, until_eos
from viraltracker.worker.csm.engine import SlotEngine
from viraltracker.worker.csm.frame import Slots
from viraltracker.worker.csm.lora import read_adapter
from viraltracker.worker.csm.replay import CudaGraphs, compiled, recorder_of
from viraltracker.worker.csm.weights import weights_of

__all__ = ["model"]

FRAMES = 12
pytestmark = pytest.mark.xdist_group("csm")


def buffers(slots: Slots) -> list[Tensor]:
    return [getattr(slots, field.name) for field in fields(slots)]


def taped(
    model: Any, adapters: tuple[Path, Path], slots: int = 4, positions: int = 64
) -> tuple[SlotEngine, Tape]:
    tape = Tape()
    engine = SlotEngine(weights_of(model, SHAPE, adapters=2, rank=8), slots, positions, recorder=lambda: tape)
    tape.buffers = buffers(engine._slots)
    for place, folder in enumerate(adapters, 1):
        engine.adapters.put(place, read_adapter(folder))
    return engine, tape


def addresses(engine: SlotEngine) -> list[int]:
    tensors = buffers(engine._slots)
    for linear in engine.weights.linears:
        tensors += [each for each in (linear.weight, linear.down, linear.up) if each is not None]
    return [tensor.data_ptr() for tensor in tensors]


def test_recorded_frames_have_the_tokens_of_generate_and_peft(
    model: Any, adapters: tuple[Path, Path], judge: Judge
) -> None:
    """Lines that join late, in slots and voices that were not there when it was recorded."""
    engine, tape = taped(model, adapters)
    voices, joins = (1, 0, 2, 2), (0, 2, 3, 7)
    lines = [(at, start(judge, text, voice)) for at, text, voice in zip(joins, TEXTS, voices, strict=True)]
    before = addresses(engine)
    for codes, text, voice in zip(spoken(engine, lines, FRAMES), TEXTS, voices, strict=True):
        assert until_eos(codes) == judge.greedy(text, voice, FRAMES)
    assert addresses(engine) == before
    assert tape.plays > 2 * len(tape.records), "frames are played, not recorded one by one"


def test_a_frame_asks_the_host_nothing(model: Any, adapters: tuple[Path, Path], judge: Judge) -> None:
    engine, tape = taped(model, adapters)
    spoken(engine, [(0, start(judge, TEXTS[0], 1, temperature=0.9))], 3)
    assert tape.records
    assert tape.questions == []


def test_a_question_to_the_host_would_be_heard() -> None:
    """Else the test above could not fail."""
    tape, held = Tape(), torch.zeros(3)
    tape.buffers = [held]

    def asks() -> None:
        held.add_(float(held.sum().item()))

    def fetches() -> None:
        held.add_(torch.tensor([1.0, 2.0, 3.0]))

    tape.recorded(asks)
    assert tape.questions == ["_local_scalar_dense"]
    tape.recorded(fetches)
    assert len(tape.questions) == 2
    assert held.tolist() == [0.0, 0.0, 0.0], "recording itself does nothing"


def test_another_adapter_is_in_frames_that_were_recorded_before(
    model: Any, adapters: tuple[Path, Path], judge: Judge
) -> None:
    engine, tape = taped(model, adapters)
    spoken(engine, [(0, start(judge, TEXTS[1], 1))], FRAMES)
    recorded = len(tape.records)
    engine.adapters.put(1, read_adapter(adapters[1]))
    (codes,) = spoken(engine, [(0, start(judge, TEXTS[1], 1))], FRAMES)
    assert until_eos(codes) == judge.greedy(TEXTS[1], 2, FRAMES)
    assert len(tape.records) == recorded
    engine.adapters.put(1, read_adapter(adapters[0]))
    assert engine.merge(0)
    (codes,) = spoken(engine, [(0, start(judge, TEXTS[1], 0))], FRAMES)
    for voice in (1, 2):
        assert engine.merge(voice)
        (merged,) = spoken(engine, [(0, start(judge, TEXTS[1], voice))], FRAMES)
        assert until_eos(merged) == judge.greedy(TEXTS[1], voice, FRAMES)
    assert len(tape.records) == recorded + 1, "without the stack: once, for whatever is merged"
    assert until_eos(codes) == judge.greedy(TEXTS[1], 0, FRAMES)


def test_all_frames_there_can_be_are_recorded_ahead_and_leave_no_trace(
    model: Any, adapters: tuple[Path, Path], judge: Judge
) -> None:
    engine, tape = taped(model, adapters, slots=8, positions=300)
    engine.prepare()
    recorded = len(tape.records)
    assert recorded == 3 * 2 * 2, "1, 4 and 8 slots; up to 256 and 300 positions; with and without adapters"
    (codes,) = spoken(engine, [(0, start(judge, TEXTS[2], 1))], FRAMES)
    assert until_eos(codes) == judge.greedy(TEXTS[2], 1, FRAMES)
    assert len(tape.records) == recorded


def test_only_a_gpu_records() -> None:
    assert recorder_of(torch.device("cpu")) is None
    assert isinstance(recorder_of(torch.device("cuda")), CudaGraphs)


def test_each_kind_of_frame_is_one_program_and_there_may_be_more_than_the_compiler_would_make(
    model: Any, adapters: tuple[Path, Path], judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One without a break, which is also what lets a GPU record it; another adapter compiles nothing anew."""
    monkeypatch.setattr(
        torch._dynamo.config, "recompile_limit", 1
    )  # 8 by itself; a worker has up to 40 kinds
    made: list[Any] = []

    def backend(graph: Any, _: Any) -> Any:
        made.append(graph)
        return graph.forward

    engine = SlotEngine(
        weights_of(model, SHAPE, adapters=2, rank=8), 1, 64, frame=lambda slots: compiled(backend)
    )
    engine.prepare()
    assert len(made) == 2, "with and without adapters"
    engine.adapters.put(1, read_adapter(adapters[0]))
    (codes,) = spoken(engine, [(0, start(judge, TEXTS[1], 1))], FRAMES)
    assert until_eos(codes) == judge.greedy(TEXTS[1], 1, FRAMES)
    assert len(made) == 2
    torch.compiler.reset()
