"""Which worker speaks a line: nobody who can't, the warm before the cold, and every detour is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.speech.rpc.cards import WorkerCard
from viraltracker.speech.worker.routing import Known, Need, Route, able, route

MODELS = ("tone/tone", "espeak/espeak-ng", "piper/en_US-lessac-medium")
CAPABILITIES = ("seed", "streaming")
LANGUAGES = ("en", "en-us", "en_GB", "de", "DE-at")

ids = st.sets(st.sampled_from(MODELS)).map(lambda found: tuple(sorted(found)))


@st.composite
def fleets(draw: st.DrawFn) -> list[WorkerCard]:
    """Workers in any state, each at an address of its own; names may come twice."""
    cards = []
    for port in range(1, draw(st.integers(0, 7)) + 1):
        models = draw(ids)
        most = draw(st.integers(0, 4))
        cards.append(
            WorkerCard(
                name=draw(st.sampled_from(["ada", "bo", "cy"])),
                address=f"127.0.0.1:{port}",
                languages=draw(st.lists(st.sampled_from(LANGUAGES), max_size=3).map(tuple)),
                capabilities=tuple(sorted(draw(st.sets(st.sampled_from(CAPABILITIES))))),
                resident=tuple(model for model in models if draw(st.booleans())),
                models=models,
                max_sessions=most,
                free_slots=draw(st.integers(0, most)),
                queue_depth=draw(st.integers(0, 3)),
                rtf=draw(st.sampled_from([0.0, 0.1, 2.0])),
                draining=draw(st.booleans()),
            )
        )
    return cards


needs = st.builds(
    Need,
    st.sampled_from(["", *MODELS]),
    st.sampled_from(["", "en", "en-us", "de", "fr"]),
    st.sampled_from([frozenset(), frozenset({"streaming"}), frozenset(CAPABILITIES)]),
)


@st.composite
def knowns(draw: st.DrawFn, cards: list[WorkerCard]) -> Known:
    """What the studio saw of a fleet, and of a worker that is out of it."""
    gone = WorkerCard("gone", "127.0.0.1:99")
    addresses = [card.address for card in cards] + [gone.address]
    some = st.sets(st.sampled_from(addresses))
    return Known(
        passed={address: f"{address} was lost" for address in draw(some)},
        lost=draw(some),
        usual=draw(st.sampled_from([None, gone, *cards])),
        under_way=draw(st.dictionaries(st.sampled_from(addresses), st.integers(1, 4))),
    )


situations = fleets().flatmap(lambda cards: st.tuples(st.just(cards), needs, knowns(cards)))
Situation = tuple[list[WorkerCard], Need, Known]


def is_free(card: WorkerCard, known: Known) -> bool:
    return card.free_slots > 0 and known.under_way.get(card.address, 0) < max(1, card.max_sessions)


def candidates(cards: list[WorkerCard], need: Need, known: Known) -> list[WorkerCard]:
    return [card for card in able(cards, need) if is_free(card, known) and card.address not in known.passed]


def load(card: WorkerCard, known: Known) -> float:
    most = max(1, card.max_sessions)
    busy = max(most - card.free_slots, known.under_way.get(card.address, 0))
    return (busy + card.queue_depth) / most


@given(situations)
def test_nobody_is_chosen_who_ends_is_full_cannot_or_was_tried(situation: Situation) -> None:
    cards, need, known = situation
    chosen = route(cards, need, known)
    assert (chosen is None) == (not candidates(cards, need, known))
    if chosen is not None:
        card = chosen.card
        assert not card.draining
        assert is_free(card, known)
        assert card.address not in known.passed
        assert not need.model or need.model in card.models
        assert need.capabilities <= set(card.capabilities)
        assert chosen.loads == (bool(need.model) and need.model not in card.resident)


@given(situations)
def test_who_answers_comes_first_then_who_is_warm_then_the_least_loaded(situation: Situation) -> None:
    cards, need, known = situation
    chosen = route(cards, need, known)
    if chosen is None:
        return
    rivals = candidates(cards, need, known)
    if chosen.card.address in known.lost:
        assert all(card.address in known.lost for card in rivals)
    else:
        rivals = [card for card in rivals if card.address not in known.lost]
    if chosen.loads:
        assert all(need.model not in card.resident for card in rivals)
    else:
        rivals = [card for card in rivals if not need.model or need.model in card.resident]
    if known.usual is not None and chosen.card.address != known.usual.address:
        assert not any(
            card.address == known.usual.address
            and not card.queue_depth
            and not known.under_way.get(card.address)
            for card in rivals
        )
        assert load(chosen.card, known) == min(load(card, known) for card in rivals)


@given(situations)
def test_the_order_of_the_cards_says_nothing(situation: Situation) -> None:
    cards, need, known = situation
    assert route(list(reversed(cards)), need, known) == route(cards, need, known)


@given(situations)
def test_it_is_told_whenever_it_is_not_the_one_that_it_would_have_been(situation: Situation) -> None:
    cards, need, known = situation
    chosen = route(cards, need, known)
    if chosen is None:
        return
    could = [card for card in able(cards, need) if card.address not in known.passed]
    if known.passed:
        assert chosen.instead
    elif chosen.loads and any(need.model in card.resident for card in could):
        assert chosen.instead, "a warm one was lost, or full"
    elif not known.lost and all(is_free(card, known) for card in could):
        usual = known.usual
        gone = usual is not None and usual.name not in {card.name for card in could}
        assert bool(chosen.instead) == gone


def card(name: str, **more: object) -> WorkerCard:
    facts = {"languages": ("en",), "resident": (), "models": ("tone/tone",), "max_sessions": 4}
    return WorkerCard(name, f"{name}:1", **{**facts, "free_slots": 4, **more})  # type: ignore[arg-type]


def chosen(cards: list[WorkerCard], known: Known | None = None, language: str = "") -> Route:
    found = route(cards, Need("tone/tone", language), known or Known())
    assert found is not None
    return found


def test_equals_are_taken_by_name() -> None:
    assert chosen([card("bo"), card("ada"), card("cy")]).card.name == "ada"


def test_who_spoke_the_voice_before_keeps_it_while_nobody_waits_there() -> None:
    cards = [card("ada"), card("bo", free_slots=1)]
    assert chosen(cards, Known(usual=cards[1])).card.name == "bo"
    assert chosen(cards, Known(usual=cards[1], under_way={"bo:1": 1})).card.name == "ada"
    waiting = [card("ada"), card("bo", queue_depth=1)]
    assert chosen(waiting, Known(usual=waiting[1])).card.name == "ada"


def test_lines_that_go_out_together_are_spread() -> None:
    cards, under_way = [card("ada"), card("bo")], {"ada:1": 0, "bo:1": 0}
    for _ in range(8):
        under_way[chosen(cards, Known(under_way=under_way)).card.address] += 1
    assert under_way == {"ada:1": 4, "bo:1": 4}
    assert route(cards, Need("tone/tone"), Known(under_way=under_way)) is None


@pytest.mark.parametrize(
    ("offered", "wanted", "fits"),
    [
        ("en", "en-us", True),
        ("en-us", "en", True),
        ("en_US", "EN-us", True),
        ("en-gb", "en-us", False),
        ("en", "eno", False),
        ("de", "en", False),
        ("", "en", False),
        ("en-us-nyc", "en-us", True),
    ],
)
def test_a_language_fits_its_regions(offered: str, wanted: str, fits: bool) -> None:
    found = route([card("ada", languages=(offered,))], Need("", wanted))
    assert (found is not None) == fits


@pytest.mark.parametrize(
    ("cards", "known", "told"),
    [
        ([card("ada"), card("bo")], Known(passed={"ada:1": "ada was lost"}), "ada was lost"),
        ([card("bo")], Known(passed={"ada:1": "ada was lost"}), "ada was lost"),
        ([card("ada"), card("bo")], Known(lost={"ada:1"}), "ada did not answer lately"),
        ([card("bo")], Known(usual=card("ada")), "ada is gone"),
        ([card("ada", draining=True), card("bo")], Known(usual=card("ada")), "ada is gone"),
        (
            [card("ada", resident=("tone/tone",), free_slots=0), card("bo")],
            Known(),
            "ada had no free place",
        ),
        ([card("ada", free_slots=0), card("bo")], Known(), ""),
        ([card("ada"), card("bo")], Known(usual=card("ada")), ""),
    ],
)
def test_a_detour_is_told_in_words(cards: list[WorkerCard], known: Known, told: str) -> None:
    assert chosen(cards, known).instead == told
