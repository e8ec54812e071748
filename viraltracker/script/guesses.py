"""Which known name a producer probably meant by one that is none. Knows words and slips of the pen only."""

from collections.abc import Callable, Iterable

from viraltracker.script.model import PACES, PAUSES_MS
from viraltracker.script.names import BLOCK_WORDS, TAGS

__all__ = ["Guesses", "Known"]

# A tenth of a second's work, or some 5,000 different misspelt words: whoever has more of them has pasted no
# script, and still reads what is wrong with each, only without a guess.
_COMPARED_MAX = 300_000
# Slips of the pen that a word of this length may have. Longer ones are never near a known word, and comparing
# them costs their square.
_SLIPS = (-1, -1, *(min(3, max(1, length // 3)) for length in range(2, 33)))

# What producers write who think of another tool; spelling alone would not lead them home.
_TAG_WORDS = {
    **dict.fromkeys(("speed", "tempo", "rate"), "pace"),
    **dict.fromkeys(("voice", "speaker", "char", "who", "actor"), "character"),
    **dict.fromkeys(("emotion", "tone", "mood", "note", "dir", "acting"), "direction"),
    **dict.fromkeys(("wait", "break", "silence", "delay", "gap"), "pause"),
}
_PACE_WORDS = {
    **dict.fromkeys(("brisk", "quickly"), "quick"),
    **dict.fromkeys(("rapid", "speedy", "faster"), "fast"),
    **dict.fromkeys(("slower", "slowly"), "slow"),
    **dict.fromkeys(("measured", "calm"), "deliberate"),
    **dict.fromkeys(("medium", "default", "regular"), "normal"),
    **dict.fromkeys(("frantic", "chaotic"), "chaos"),
}


class Known:
    """Words that may be meant, each with its letters, by the length of the words that may mean them."""

    def __init__(self, words: Iterable[str]) -> None:
        lettered = [(word, frozenset(word)) for word in words]
        self.of_length = [
            tuple((word, letters) for word, letters in lettered if abs(len(word) - length) <= slips)
            for length, slips in enumerate(_SLIPS)
        ]


_TAGS_AND_BLOCKS = Known((*TAGS, *BLOCK_WORDS))
_PACES = Known(PACES)


class Guesses:
    """The guesses of one reading. Who slips once slips again, so each word is compared once.

    A reading compares so many letters and no more; words behind that are near to nothing, and `spent` is
    called before the first of them is answered for.
    """

    def __init__(self, spent: Callable[[], None]) -> None:
        self._spent = spent
        self._left = _COMPARED_MAX
        self._found: dict[tuple[str, Known], str | None] = {}

    def tag(self, folded: str) -> str | None:
        """The tag or block word (folded) that an unknown tag name probably means."""
        return _TAG_WORDS.get(folded) or self.nearest(folded, _TAGS_AND_BLOCKS)

    def pace(self, folded: str) -> str | None:
        """The pace that an unknown one probably means."""
        near = _PACE_WORDS.get(folded) or self.nearest(folded, _PACES)
        return near or ("normal" if folded in PAUSES_MS else None)

    def nearest(self, word: str, known: Known) -> str | None:
        """The first of the known words that fewest slips of the pen part from this one.

        At most a third of its letters and three of them may be wrong.
        """
        if len(word) >= len(_SLIPS) or not (near := known.of_length[len(word)]):
            return None
        asked = (word, known)
        if self._left < 0 or asked in self._found:
            return self._found.get(asked)
        letters, slips = set(word), _SLIPS[len(word)]
        # A test that costs next to nothing keeps most words from being compared letter by letter.
        near = tuple([each for each in near if len(letters ^ each[1]) <= 2 * slips])
        if not near:
            return None
        found = self._found[asked] = self._compare(word, slips, near)
        return found

    def _compare(self, word: str, slips: int, near: Iterable[tuple[str, frozenset[str]]]) -> str | None:
        best = None
        for candidate, _ in near:
            self._left -= len(word) * len(candidate)
            if self._left < 0:
                self._spent()
                return None
            found = _slips(word, candidate)
            if found < slips or (best is None and found == slips):
                best, slips = candidate, found
        return best


def _slips(one: str, other: str) -> int:
    """Insertions, deletions, replacements and swaps of neighbours between two short words."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        two_before, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, two_before[j - 2] + 1)
            row.append(cost)
    return row[-1]
