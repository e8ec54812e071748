"""Who gets the next line: what workers say of themselves, and what this studio has seen of them since."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from viraltracker.errors import NonsenseAnswer, NotLoaded, ProviderDown, SpeechError, TryLater
from viraltracker.speech.rpc.cards import WorkerCard
from viraltracker.speech.worker.finding import Finder
from viraltracker.speech.worker.problems import is_silence
from viraltracker.speech.worker.routing import Known, Need, Route, able, route

__all__ = ["Dispatch", "Tried"]

_LOST_S: Final = 5.0
"""Who didn't answer is asked last for so long: a machine that vanished costs its whole timeout each time."""
_FULL_S: Final = 1.0


@dataclass(slots=True)
class Tried:
    """The workers that didn't speak a line, and why. `full`: those that would, later."""

    failed: dict[WorkerCard, SpeechError] = field(default_factory=dict)
    full: dict[WorkerCard, TryLater] = field(default_factory=dict)

    @property
    def words(self) -> dict[str, str]:
        """What came of it, by address."""
        failed = {card.address: f"{card.name} {_outcome(why)}" for card, why in self.failed.items()}
        return failed | {card.address: f"{card.name} had no free place" for card in self.full}

    def problem(self) -> SpeechError | None:
        """Why the line can't be spoken, as far as the workers said. None: none was tried."""
        failed = list(self.failed.values())
        if len(failed) < 2:
            return failed[0] if failed else None
        said = f"No voice worker spoke this line. {' '.join(problem.message for problem in failed)}"
        kinds = {type(problem) for problem in failed}
        return kinds.pop()(said) if len(kinds) == 1 else ProviderDown(said)


class Dispatch:
    """Picks workers for all lines of one studio. Lines that go out together are spread over the workers."""

    def __init__(self, finder: Finder, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.finder = finder
        self._now = monotonic
        self._usual: dict[tuple[str, str], WorkerCard] = {}
        self._under_way = Counter[str]()
        self._lost_s: dict[str, float] = {}

    async def choose(self, need: Need, voice: str, tried: Tried) -> Route:
        """The best worker of this moment that wasn't `tried`.

        Raises `TryLater` while all that could are full, and else why there is none.
        """
        cards = await self.finder.cards()
        known = Known(tried.words, self._lost(), self._usual.get((need.model, voice)), self._under_way)
        chosen = route(cards, need, known)
        if chosen is None:
            raise await self._none(cards, need, tried)
        told = [said for said in (self.finder.fallback, chosen.instead) if said]
        return replace(chosen, instead="; ".join(told))

    @contextmanager
    def at(self, card: WorkerCard) -> Iterator[None]:
        """While a line is with that worker. One that doesn't answer is remembered."""
        self._under_way[card.address] += 1
        try:
            yield
        except ProviderDown:
            self._lost_s[card.address] = self._now() + _LOST_S
            raise
        else:
            self._lost_s.pop(card.address, None)
        finally:
            self._under_way[card.address] -= 1
            if not self._under_way[card.address]:
                del self._under_way[card.address]

    def spoke(self, card: WorkerCard, need: Need, voice: str) -> None:
        """That worker has this voice warm now."""
        self._usual[need.model, voice] = card

    def _lost(self) -> frozenset[str]:
        now_s = self._now()
        self._lost_s = {address: until_s for address, until_s in self._lost_s.items() if until_s > now_s}
        return frozenset(self._lost_s)

    async def _none(self, cards: tuple[WorkerCard, ...], need: Need, tried: Tried) -> SpeechError:
        failed = {card.address for card in tried.failed}
        if any(card.address not in failed for card in able(cards, need)):
            after_s = min((full.after_s for full in tried.full.values()), default=_FULL_S)
            return TryLater("All voice workers that could speak this line are full.", after_s=after_s)
        if (problem := tried.problem()) is not None:
            return problem
        if cards:
            return ProviderDown(
                f'No voice worker that is there has "{(need.model or need.language or "a model")[:80]}". '
                "Start one that has it, or choose another model on the Voices page."
            )
        silent = await self.finder.silent()
        strange = {WorkerCard(at, at): why for at, why in silent.items() if not is_silence(why)}
        nobody = ProviderDown("No voice worker is there. `viraltracker worker serve` starts one.")
        return Tried(strange).problem() or nobody


def _outcome(why: SpeechError) -> str:
    match why:
        case NotLoaded():
            return "did not have the model in memory"
        case NonsenseAnswer():
            return "gave no whole line"
        case ProviderDown():
            return "was lost"
        case _:
            return "refused this studio"
