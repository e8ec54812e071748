"""Which worker speaks a line. Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from viraltracker.speech.rpc.cards import WorkerCard

__all__ = ["Known", "Need", "Route", "able", "route"]


@dataclass(frozen=True, slots=True)
class Need:
    """What a line needs. `model` empty: any worker's default; `language` empty: whatever the model speaks.

    `capabilities`: what a worker must have a model for, such as streaming.
    """

    model: str
    language: str = ""
    capabilities: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """What a studio knows beside the cards; workers go by their addresses.

    `passed`: who was tried for this line, and in words what came of it. `lost`: who lately didn't answer.
    `usual`: who spoke this voice before. `under_way`: how many lines of this studio's are there now.
    """

    passed: Mapping[str, str] = field(default_factory=dict)
    lost: Collection[str] = ()
    usual: WorkerCard | None = None
    under_way: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """A worker for a line. `loads`: the model isn't in its memory yet. `instead`: why not another."""

    card: WorkerCard
    loads: bool
    instead: str = ""


_NOTHING = Known()


def able(cards: Iterable[WorkerCard], need: Need) -> list[WorkerCard]:
    """Those that could speak it, were they free: they have all it needs, and aren't ending."""
    model, language, capabilities = need.model, need.language, need.capabilities
    return [
        card
        for card in cards
        if not card.draining
        and (not model or model in card.models)
        and (not language or _speaks(card.languages, language))
        and (not capabilities or capabilities.issubset(card.capabilities))
    ]


def route(cards: Iterable[WorkerCard], need: Need, known: Known = _NOTHING) -> Route | None:
    """The best worker for `need`, or None where there is none.

    Those that are ending, full, or can't speak it are out, and those that were tried. Of the rest: who
    answered lately, then who has the model in memory, then who spoke this voice before, if nobody waits
    there, then the least loaded, then the quickest, then by name.
    """
    could = [card for card in able(cards, need) if card.address not in known.passed]
    free = [card for card in could if not _full(card, known)]
    if not free:
        return None
    answering = [card for card in free if card.address not in known.lost] if known.lost else free
    best = min(answering or free, key=_ranking(need, known))
    loads = bool(need.model) and need.model not in best.resident
    return Route(best, loads, "; ".join(_instead(best, could, need, known)))


@lru_cache(maxsize=1024)
def _speaks(languages: tuple[str, ...], wanted: str) -> bool:
    """`en` will do for `en-us` and the other way round; `en-gb` won't for `en-us`."""
    wanted = _plain(wanted)
    return any(
        offered == wanted or offered.startswith(f"{wanted}-") or wanted.startswith(f"{offered}-")
        for offered in map(_plain, languages)
    )


def _plain(language: str) -> str:
    return language.lower().replace("_", "-")


def _full(card: WorkerCard, known: Known) -> bool:
    return card.free_slots <= 0 or known.under_way.get(card.address, 0) >= (card.max_sessions or 1)


def _ranking(need: Need, known: Known) -> Callable[[WorkerCard], tuple[bool, bool, float, float, str, str]]:
    """What to choose by; the least is the best."""
    model, under_way = need.model, known.under_way
    usual = known.usual.address if known.usual is not None else ""

    def rank(card: WorkerCard) -> tuple[bool, bool, float, float, str, str]:
        address, most, queue = card.address, card.max_sessions or 1, card.queue_depth
        ours, busy = under_way.get(address, 0), most - card.free_slots
        # Staying where the voice is warm is worth it only while nobody waits there.
        stays = address == usual and not queue and not ours
        # A card is a moment old: what was sent there since is counted here, and by the next card.
        load = ((ours if ours > busy else busy) + queue) / most
        return bool(model) and model not in card.resident, not stays, load, card.rtf, card.name, address

    return rank


def _instead(best: WorkerCard, could: Collection[WorkerCard], need: Need, known: Known) -> Iterable[str]:
    """Why it isn't the one that it would have been."""
    yield from known.passed.values()
    usual = known.usual
    if (
        usual is not None
        and usual.address not in known.passed
        and all(card.address != usual.address and card.name != usual.name for card in could)
    ):
        yield f"{usual.name} is gone"
    out = [card for card in could if card.address in known.lost or _full(card, known)]
    if out:
        rank = _ranking(need, known)
        first = min(out, key=rank)
        if first is not best and rank(first) < rank(best):
            lost = first.address in known.lost
            yield f"{first.name} {'did not answer lately' if lost else 'had no free place'}"
