"""Cards out of a registry: what a worker wrote comes back, and what anybody else wrote raises nothing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.speech.rpc.cards import (
    MOST_CARD_BYTES,
    WorkerCard,
    card_from,
    card_from_json,
    card_to_json,
)
from viraltracker.speech.worker.routing import Known, Need, route

MODELS = ("tone/tone",)
CARD = WorkerCard("gpu-box", "10.0.0.7:50051", ("en",), ("seed",), MODELS, MODELS, 16, 3, 2, 0.25, True)
FIELDS = tuple(json.loads(card_to_json(CARD)))

anything: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


def document(**changes: Any) -> str:
    return json.dumps({**json.loads(card_to_json(CARD)), **changes})


def test_a_card_comes_back_as_it_was() -> None:
    assert card_from_json(card_to_json(CARD)) == CARD
    assert card_from_json(card_to_json(CARD).encode()) == CARD


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_rubbish_is_no_card(text: bytes | str) -> None:
    assert card_from_json(text) is None


@given(st.dictionaries(st.sampled_from(FIELDS), anything))
def test_a_hostile_card_is_none_or_one_that_can_be_routed(changes: dict[str, Any]) -> None:
    card = card_from_json(document(**changes))
    assert card_from_json(json.dumps(changes)) is None or {"name", "address"} <= changes.keys()
    if card is not None:
        route([card], Need("tone/tone", "en"), Known(usual=card))
        told = "".join([card.name, card.address, *card.languages, *card.models, *card.resident])
        assert told.isascii()
        assert told.isprintable()


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "a" * 81},
        {"name": "gpu\x1b[2J"},
        {"name": "gpu\n"},
        {"name": "<b>"},
        {"address": "10.0.0.7"},
        {"address": "unix:/tmp/x:1"},
        {"address": "xds:///elsewhere:1"},
        {"address": "10.0.0.7:0"},
        {"address": "10.0.0.7:70000"},
        {"address": "10.0.0.7:1\n"},
        {"free_slots": -1},
        {"queue_depth": 10**400},
        {"rtf": -1},
        {"models": "tone/tone"},
        {"models": ["tone/tone"] * 1001},
    ],
)
def test_what_no_worker_says_is_no_card(changes: dict[str, Any]) -> None:
    assert card_from_json(document(**changes)) is None
    assert card_from({**json.loads(card_to_json(CARD)), **changes}) is None


@pytest.mark.parametrize(
    "text",
    [
        "[" * 60_000,
        '{"name": "\\ud800"}',
        "\ud800",
        document(rtf=float("nan")),
        document(rtf=float("inf")),
        "9" * 60_000,
        " " * (MOST_CARD_BYTES + 1) + card_to_json(CARD),
    ],
)
def test_what_breaks_readers_is_no_card(text: str) -> None:
    assert card_from_json(text) is None


def test_ids_that_would_not_be_shown_are_left_out() -> None:
    card = card_from_json(document(models=["tone/tone", "a b", "\x1b[2J", "é", "", "x" * 201]))
    assert card is not None
    assert card.models == ("tone/tone",)


def test_a_worker_with_more_models_than_fit_names_those_that_do() -> None:
    many = tuple(f"piper/{n:04d}-{'x' * 150}" for n in range(3000))
    text = card_to_json(WorkerCard("big", "10.0.0.7:1", models=many, resident=many[:3]))
    card = card_from_json(text)
    assert card is not None
    assert len(text) <= MOST_CARD_BYTES
    assert card.models == many[: len(card.models)]
    assert len(card.models) > 200
    assert card.resident == many[:3]
