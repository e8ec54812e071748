"""How much a script says and how long that will take: counts, and an estimate that knows no audio."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from viraltracker.script.model import PACES, Beat, CharacterStats, Stats
from viraltracker.script.segments import Gathered

__all__ = ["CHARACTERS_PER_S", "SPEED_RANGE", "measure"]

CHARACTERS_PER_S = 15
"""Spoken code points a second at speed 1."""
SPEED_RANGE = (0.7, 1.2)
"""The speeds that engines take; profile times pace is held to it."""

_EVERYBODY_AT_1: Mapping[str, float] = MappingProxyType({})


def measure(
    beats: Iterable[Beat | Gathered],
    lines_of: Mapping[str, int],
    speeds: Mapping[str, float] = _EVERYBODY_AT_1,
) -> Stats:
    """Counts beats and estimates their length. `lines_of` is the spoken lines by character.

    `speeds` is the voice profiles' speed by character, 1.0 for who is not in it. Characters are in the order
    in which they first speak.
    """
    beat_count, pauses_ms = 0, 0
    spoken: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for beat in beats:
        beat_count += 1
        pauses_ms += beat.leading_pause_ms + beat.trailing_pause_ms
        for segment in beat.segments:
            pauses_ms += segment.pause_after_ms
            spoken[segment.character][segment.pace] += len(segment.text)
    lasts_s = {
        character: sum(count / _speed(pace, speeds.get(character, 1.0)) for pace, count in by_pace.items())
        / CHARACTERS_PER_S
        for character, by_pace in spoken.items()
    }
    cast = {
        character: CharacterStats(
            lines_of.get(character, 0), sum(by_pace.values()), _round_ms(lasts_s[character])
        )
        for character, by_pace in spoken.items()
    }
    return Stats(
        beats=beat_count,
        lines=sum(one.lines for one in cast.values()),
        characters=sum(one.characters for one in cast.values()),
        duration_ms=_round_ms(sum(lasts_s.values())) + pauses_ms,
        cast=cast,
    )


def _speed(pace: str, profile_speed: float) -> float:
    lowest, highest = SPEED_RANGE
    return min(highest, max(lowest, profile_speed * PACES[pace]))


def _round_ms(span_s: float) -> int:
    return int(span_s * 1000 + 0.5)
