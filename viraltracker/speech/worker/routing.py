"""Which worker speaks a line. Pure."""

from collections.abc import Collection, Iterable, Mapping
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
    model, language = need.model, need.language
    return [
        card
        for card in cards
        if not card.draining
        and (not model or model in card.models)
        and (not language or _speaks(card.languages, language))
        and need.capabilities.issubset(card.capabilities)
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
    best = min(free, key=lambda card: (card.address in known.lost, *_rank(card, need, known)))
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


def _rank(card: WorkerCard, need: Need, known: Known) -> tuple[bool, bool, float, float, str, str]:
    ours, most = known.under_way.get(card.address, 0), card.max_sessions or 1
    # A card is a moment old: what was sent there since is counted here, and by the next card.
    busy = max(most - card.free_slots, ours)
    # Staying where the voice is warm is worth it only while nobody waits there.
    usual = known.usual
    stays = usual is not None and card.address == usual.address and not card.queue_depth and not ours
    loads = bool(need.model) and need.model not in card.resident
    return loads, not stays, (busy + card.queue_depth) / most, card.rtf, card.name, card.address


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
        first = min(out, key=lambda card: _rank(card, need, known))
        if first is not best and _rank(first, need, known) < _rank(best, need, known):
            lost = first.address in known.lost
            yield f"{first.name} {'did not answer lately' if lost else 'had no free place'}"
