"""The slot engine's tokens are those of Hugging Face and peft, in whatever company a line is spoken."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import CsmForConditionalGeneration

from tests.worker.csm.judge import MARKS, Judge
from tests.worker.csm.tiny import CODEBOOKS, CODEC_IDS
from viraltracker.errors import SettingsRefused
from viraltracker.worker.csm.engine import SlotEngine, Start, Turn
from viraltracker.worker.csm.lora import read_adapter
from viraltracker.worker.csm.sampling import gumbel, pick
from viraltracker.worker.csm.shape import Shape
from viraltracker.worker.csm.weights import weights_of

FRAMES = 30
TEXTS = ("Hello", "The harbour is closed today.", "No.", "Nobody told the gulls, of course.")
SHAPE = Shape(CODEBOOKS, CODEC_IDS + 3, CODEC_IDS, 0, 2_048, 24_000, 1_920)

Codes = list[tuple[int, ...]]


def engine_of(model: Any, adapters: Sequence[Path], slots: int = 4, **how: Any) -> SlotEngine:
    engine = SlotEngine(weights_of(model, SHAPE, adapters=len(adapters), rank=8), slots, **how)
    for place, folder in enumerate(adapters, 1):
        engine.adapters.put(place, read_adapter(folder))
    return engine


@pytest.fixture
def model(checkpoint: Path) -> Any:
    return CsmForConditionalGeneration.from_pretrained(checkpoint, local_files_only=True).eval()


@pytest.fixture
def engine(model: Any, adapters: tuple[Path, Path]) -> SlotEngine:
    return engine_of(model, adapters)


def start(judge: Judge, text: str, voice: int = 0, **how: Any) -> Start:
    ids = tuple(judge.inputs(text)["input_ids"][0].tolist())
    return Start(ids, voice, **{"temperature": 0.0, **how})


def spoken(engine: SlotEngine, lines: Sequence[tuple[int, Start]], frames: int = FRAMES) -> list[Codes]:
    """The frames of lines that begin so many frames after the first one does."""
    made: list[Codes] = [[] for _ in lines]
    slots: dict[int, int] = {}
    for at in range(frames + max(join for join, _ in lines)):
        for number, (join, line) in enumerate(lines):
            if join == at:
                slots[number] = engine.free[0]
                engine.begin(slots[number], line)
        codes = engine.step().read() if slots else {}
        for number, slot in list(slots.items()):
            made[number].append(codes[slot])
            if len(made[number]) == frames:
                engine.end(slots.pop(number))
    return made


def until_eos(codes: Codes) -> Codes:
    """Up to and with the frame that ends the line, as `generate` stops there."""
    ends = [at for at, frame in enumerate(codes) if not any(frame[:-1])]
    return codes[: ends[0] + 1] if ends else codes


@pytest.mark.parametrize("voice", [0, 1, 2])
def test_a_line_alone_has_the_tokens_of_generate_and_peft(
    engine: SlotEngine, judge: Judge, voice: int
) -> None:
    (codes,) = spoken(engine, [(0, start(judge, TEXTS[1], voice))])
    assert until_eos(codes) == judge.greedy(TEXTS[1], voice, FRAMES)


def test_voices_differ(judge: Judge) -> None:
    """Else the test above would not know whose adapter was used."""
    made = [judge.greedy(TEXTS[1], voice, 8) for voice in (0, 1, 2)]
    assert made[0] != made[1] != made[2] != made[0]


def test_lines_of_all_voices_together_have_the_tokens_of_each_alone(engine: SlotEngine, judge: Judge) -> None:
    voices = (0, 1, 2, 1)
    lines = [(0, start(judge, text, voice)) for text, voice in zip(TEXTS, voices, strict=True)]
    for codes, text, voice in zip(spoken(engine, lines), TEXTS, voices, strict=True):
        assert until_eos(codes) == judge.greedy(text, voice, FRAMES)


def test_a_line_that_joins_late_changes_nobody_and_is_not_changed(engine: SlotEngine, judge: Judge) -> None:
    voices, joins = (1, 0, 2, 2), (0, 3, 7, 19)
    lines = [
        (join, start(judge, text, voice)) for join, text, voice in zip(joins, TEXTS, voices, strict=True)
    ]
    for codes, text, voice in zip(spoken(engine, lines), TEXTS, voices, strict=True):
        assert until_eos(codes) == judge.greedy(text, voice, FRAMES)


def test_a_slot_that_was_used_before_is_as_good_as_new(engine: SlotEngine, judge: Judge) -> None:
    spoken(engine, [(0, start(judge, TEXTS[3], 2, temperature=1.2)), (2, start(judge, TEXTS[1], 1))])
    (codes,) = spoken(engine, [(0, start(judge, TEXTS[0], 1))])
    assert until_eos(codes) == judge.greedy(TEXTS[0], 1, FRAMES)


def test_after_an_anchor_the_tokens_are_those_of_generate(
    engine: SlotEngine, model: Any, judge: Judge
) -> None:
    samples = np.random.default_rng(1).normal(0, 0.1, 1_920 * 6 + 700).astype(np.float32)
    with torch.no_grad():
        encoded = model.codec_model.encode(torch.from_numpy(samples)[None, None]).audio_codes
    ids = tuple(judge.inputs("It always was.")["input_ids"][0].tolist())
    for voice in (0, 1):
        heard = engine.heard([Turn(ids, encoded[0].T)], voice)
        (codes,) = spoken(engine, [(0, start(judge, TEXTS[1], voice, heard=heard))])
        assert until_eos(codes) == judge.greedy(TEXTS[1], voice, FRAMES, [("It always was.", samples)])


def test_a_line_can_follow_more_than_one_turn(engine: SlotEngine, model: Any, judge: Judge) -> None:
    """What scene continuity is made of: an anchor, and what was said before."""
    chance = np.random.default_rng(2)
    said = [(words, chance.normal(0, 0.1, 9_600).astype(np.float32)) for words in ("First.", "And second.")]
    turns = []
    for words, samples in said:
        encoded = model.codec_model.encode(torch.from_numpy(samples)[None, None]).audio_codes
        turns.append(Turn(tuple(judge.inputs(words)["input_ids"][0].tolist()), encoded[0].T))
    expected = judge.greedy(TEXTS[2], 2, FRAMES, said)
    # At once, and the second after the first's keys and values, as a voice hears itself after its anchor.
    for heard in (engine.heard(turns, 2), engine.heard(turns[1:], 2, engine.heard(turns[:1], 2))):
        assert heard.shape[2] == sum(turn.positions for turn in turns)
        (codes,) = spoken(engine, [(0, start(judge, TEXTS[2], 2, heard=heard))])
        assert until_eos(codes) == expected


@pytest.mark.parametrize("company", [(), (0, 1), (5, 2, 9)])
def test_a_drawn_line_is_the_same_alone_and_in_any_company(
    engine: SlotEngine, judge: Judge, company: Sequence[int]
) -> None:
    line = start(judge, TEXTS[1], 1, seed=2**62 + 5, temperature=0.9, top_k=20)
    (alone,) = spoken(engine, [(0, line)])
    others = [
        (join, start(judge, text, join % 3, seed=join, temperature=1.1))
        for join, text in zip(company, TEXTS[1:], strict=False)
    ]
    at = len(others)
    assert spoken(engine, [*others, (4, line)])[at] == alone
    assert spoken(engine, [(0, replace(line, seed=6))])[0] != alone


def test_any_number_of_slots_gives_the_same_tokens(
    model: Any, adapters: tuple[Path, Path], judge: Judge
) -> None:
    line = start(judge, TEXTS[1], 2, seed=3, temperature=0.9)
    made = [spoken(engine_of(model, adapters, slots), [(0, line)])[0] for slots in (1, 4, 8)]
    assert made[0] == made[1] == made[2]


def test_merged_and_stacked_agree_and_nothing_is_left_of_a_merge(engine: SlotEngine, judge: Judge) -> None:
    lines = [(0, start(judge, text, 1)) for text in TEXTS[:2]]
    stacked = spoken(engine, lines)
    before = [linear.weight.clone() for linear in engine.weights.linears]
    assert engine.merge(1)
    assert engine.adapters.merged == 1
    assert spoken(engine, lines) == stacked
    for _ in range(50):
        engine.merge(2)
        engine.merge(1)
    engine.merge(0)
    after = [linear.weight for linear in engine.weights.linears]
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))


def test_a_line_of_another_voice_takes_the_merged_one_out(engine: SlotEngine, judge: Judge) -> None:
    assert engine.merge(1)
    engine.begin(0, start(judge, TEXTS[0], 1))
    first = [engine.step().read()[0] for _ in range(5)]
    engine.begin(1, start(judge, TEXTS[1], 2))
    assert not engine.merge(1)
    both = [engine.step().read() for _ in range(FRAMES - 5)]
    assert until_eos([*first, *(made[0] for made in both)]) == judge.greedy(TEXTS[0], 1, FRAMES)
    expected = judge.greedy(TEXTS[1], 2, FRAMES - 5)
    assert until_eos([made[1] for made in both]) == expected


def test_a_replaced_adapter_speaks_from_the_next_line_on(
    engine: SlotEngine, adapters: tuple[Path, Path], judge: Judge
) -> None:
    engine.adapters.put(1, read_adapter(adapters[1]))
    (codes,) = spoken(engine, [(0, start(judge, TEXTS[1], 1))])
    assert until_eos(codes) == judge.greedy(TEXTS[1], 2, FRAMES)
    engine.adapters.put(1, None)
    (codes,) = spoken(engine, [(0, start(judge, TEXTS[1], 1))])
    assert until_eos(codes) == judge.greedy(TEXTS[1], 0, FRAMES)


def test_an_adapter_that_does_not_fit_is_refused_in_words(
    engine: SlotEngine, adapters: tuple[Path, Path], model: Any
) -> None:
    adapter = read_adapter(adapters[1])
    small = SlotEngine(weights_of(model, SHAPE, adapters=1, rank=4), 1)
    with pytest.raises(SettingsRefused, match="rank 8"):
        small.adapters.put(1, adapter)
    strange = {"codec_model.layers.0": next(iter(adapter.parts.values()))}
    with pytest.raises(SettingsRefused, match="leaves alone"):
        engine.adapters.put(1, replace(adapter, parts=strange))
    name, (down, up) = next(iter(adapter.parts.items()))
    with pytest.raises(SettingsRefused, match="another model"):
        engine.adapters.put(1, replace(adapter, parts={name: (down[:, 1:], up)}))


def test_marks_are_never_drawn_however_likely() -> None:
    logits = torch.zeros(64, 67)
    logits[:, 64:] = 100.0
    forbidden = torch.zeros(67)
    forbidden[64:] = -torch.inf
    noise = gumbel(torch.arange(64), torch.zeros(64, dtype=torch.int64), 1, 67)[:, 0]
    drawn = pick(logits, forbidden, noise, torch.ones(64), torch.full((64,), 100))
    assert int(drawn.max()) < 64
    assert len(set(drawn.tolist())) > 30


def test_draws_follow_the_softmax() -> None:
    logits = torch.tensor([2.0, 1.0, 0.0, -1.0, -30.0]).expand(20_000, 5)
    noise = gumbel(torch.arange(20_000) * 7, torch.full((20_000,), 3), 1, 5)[:, 0]
    draws = pick(logits, torch.zeros(5), noise, torch.full((20_000,), 0.8), torch.full((20_000,), 3))
    found = torch.bincount(draws, minlength=5) / 20_000
    expected = torch.softmax(torch.tensor([2.0, 1.0, 0.0]) / 0.8, 0)
    assert found[3:].sum() == 0, "top_k keeps the three likeliest"
    assert torch.allclose(found[:3], expected, atol=0.012)


def test_chance_is_as_good_as_independent() -> None:
    """Neighbouring seeds, frames and codebooks, which all lines use, are uncorrelated."""
    seeds = torch.arange(8)
    noise = torch.cat([gumbel(seeds, torch.full((8,), frame), 3, 500) for frame in range(4)]).flatten(0, 1)
    correlation = torch.corrcoef(noise) - torch.eye(len(noise))
    assert float(correlation.abs().max()) < 0.2
    assert abs(float(noise.mean()) - 0.5772) < 0.02
    assert abs(float(noise.var()) - 1.6449) < 0.06


def test_marks_are_in_the_vocabulary_that_is_tested() -> None:
    assert SHAPE.vocabulary - len(MARKS) == CODEC_IDS


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with torch.no_grad():
        yield
