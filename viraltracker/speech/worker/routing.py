"""Which worker speaks a line. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from viraltracker.speech.rpc.cards import WorkerCard

__all__ = ["Need", "Route", "route"]


@dataclass(frozen=True, slots=True)
class Need:
    """What a line needs. `model` empty: any worker's default; `language` empty: whatever the model speaks."""

    model: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """A worker for a line. `loads`: the model isn't in its memory yet. `instead`: why not the usual one."""

    card: WorkerCard
    loads: bool
    instead: str = ""


def route(
    cards: Iterable[WorkerCard], need: Need, passed: Collection[str] = (), usual: str = ""
) -> Route | None:
    """The best worker for `need`, or None where there is none.

    Those that are ending, full, or can't speak it are out; `passed` are the names of those that were tried.
    Of the rest: who has the model in memory, then who spoke this voice before (`usual`), then the least
    loaded, then the quickest, then by name.
    """
    able = [card for card in cards if _able(card, need)]
    free = [card for card in able if card.name not in passed and card.free_slots > 0]
    if not free:
        return None
    best = min(free, key=lambda card: _rank(card, need, usual))
    return Route(best, need.model not in best.resident, _instead(best, able, need, passed, usual))


def _able(card: WorkerCard, need: Need) -> bool:
    speaks = not need.language or any(_matches(language, need.language) for language in card.languages)
    return not card.draining and speaks and (not need.model or need.model in card.models)


def _matches(offered: str, wanted: str) -> bool:
    """`en` will do for `en-us` and the other way round; `en-gb` won't for `en-us`."""
    offered, wanted = offered.lower().replace("_", "-"), wanted.lower().replace("_", "-")
    return offered == wanted or offered.startswith(f"{wanted}-") or wanted.startswith(f"{offered}-")


def _rank(card: WorkerCard, need: Need, usual: str) -> tuple[bool, bool, float, float, str]:
    busy = 1 - card.free_slots / max(1, card.max_sessions)
    load = busy + card.queue_depth / max(1, card.max_sessions)
    # Staying where the voice is warm is worth it only while nobody waits there.
    stays = card.name == usual and not card.queue_depth
    return need.model not in card.resident, not stays, load, card.rtf, card.name


def _instead(
    best: WorkerCard, able: Collection[WorkerCard], need: Need, passed: Collection[str], usual: str
) -> str:
    missed = [card.name for card in able if card.name in passed]
    if missed:
        return f"{', '.join(missed)} did not speak it"
    full = [card.name for card in able if need.model in card.resident and not card.free_slots]
    if full and need.model not in best.resident:
        return f"{', '.join(full)} had no free place"
    if usual and usual != best.name and usual not in {card.name for card in able}:
        return f"{usual} is gone"
    return ""
