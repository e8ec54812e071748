"""A beat becomes a plan: every setting resolved, every part's generation key known. Pure; makes no call.

The order in which settings win is the ELS format's table "Settings of a segment". Neighbour text is taken
from the same beat only, so that editing one beat never makes the next one stale.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from viraltracker.errors import BadInput
from viraltracker.script import PACES, Beat, Segment, split_text
from viraltracker.speech import CONTINUITY, Estimate, Synthesizer
from viraltracker.takes.keys import keyed, part_requests
from viraltracker.takes.model import BeatPlan, PlannedSegment, Revision
from viraltracker.voices import VoiceProfile

__all__ = ["SPEED_MAX", "SPEED_MIN", "Planner", "estimates"]

SPEED_MIN, SPEED_MAX = 0.7, 1.2
"""What every engine is held to: the range ElevenLabs documents for `voice_settings.speed`."""

# A page asks for the plan of each beat half a dozen times; making one costs 0.3 ms. About 20 MB when full.
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans beats with the profiles and engines of the moment. A plan that was made before is remembered."""

    profiles: Mapping[str, VoiceProfile]
    engines: Mapping[str, Synthesizer]
    _made: dict[tuple[Beat, Revision, int], BeatPlan] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def plan(self, beat: Beat, revision: Revision | None = None, attempt: int = 0) -> BeatPlan:
        """How `beat` would be made now.

        Raises `BadInput` when a character has no voice, an engine is unknown, or a revision can't be spoken.
        """
        wish = revision or Revision()
        known = self._made.get((beat, wish, attempt))
        if known is not None:
            return known
        if len(self._made) >= _MOST_REMEMBERED:
            self._made.clear()
        plan = self._plan(beat, wish, attempt)
        self._made[beat, wish, attempt] = plan
        return plan

    def _plan(self, beat: Beat, wish: Revision, attempt: int) -> BeatPlan:
        _check(beat, wish)
        resolved = [self._resolve(beat, segment, wish, attempt) for segment in beat.segments]
        placed = [_with_neighbours(resolved, index, self.engines) for index in range(len(resolved))]
        segments = keyed(placed, attempt)
        bare = BeatPlan(segments=segments, leading_pause_ms=beat.leading_pause_ms, attempt=attempt)
        costs = estimates(bare, self.engines)
        return replace(
            bare,
            usd=sum(cost.usd for cost in costs),
            characters=sum(cost.characters for cost in costs),
            exact=all(cost.exact for cost in costs),
        )

    def _resolve(self, beat: Beat, segment: Segment, wish: Revision, attempt: int) -> PlannedSegment:
        profile = self._profile(beat, segment, wish)
        voice = profile.voice
        if voice is None or profile.engine not in self.engines:
            raise BadInput(
                f'Beat {beat.id}: "{segment.character}" has no voice on {profile.engine}. '
                "Choose one on the Voices page.",
                beat=beat.id,
                character=segment.character,
            )
        engine = self.engines[profile.engine]
        used = {part for part, support in engine.support(voice.model).items() if support != "not used"}
        pace = segment.pace if wish.pace is None else wish.pace
        asked = wish.speed if wish.speed is not None else profile.speed * PACES[pace]
        speed = min(max(asked, SPEED_MIN), SPEED_MAX)
        stability, stability_from = _first(wish.stability, segment.stability, profile.stability)
        style, style_from = _first(wish.style, segment.style, profile.style)
        direction = (wish.direction if wish.direction is not None else segment.direction) or None
        seed = wish.seed if wish.seed is not None else profile.seed
        return PlannedSegment(
            character=segment.character,
            text=segment.text,
            engine=profile.engine,
            voice=voice.voice,
            model=voice.model,
            options=dict(voice.options),
            pace=pace,
            speed=round(speed, 4) if "speed" in used else 1.0,
            held_from=round(asked, 4) if abs(asked - speed) > 1e-9 and "speed" in used else None,
            direction=direction if "direction" in used else None,
            stability=stability if "stability" in used else None,
            similarity=(wish.similarity if wish.similarity is not None else profile.similarity)
            if "similarity" in used
            else None,
            style=style if "style" in used else None,
            seed=None if seed is None or "seed" not in used else (seed + attempt) % 2**32,
            audio_tags=segment.audio_tags if "audio_tags" in used else (),
            continues="continuity" in used and voice.options.get(CONTINUITY, 0.0) > 0,
            pause_after_ms=segment.pause_after_ms,
            parts=split_text(segment.text, engine.capabilities.max_chars),
            keys=(),
            unused=_unused(segment, direction, used),
            origin={
                "stability": stability_from,
                "style": style_from,
                "speed": "revision" if wish.speed is not None or wish.pace is not None else "profile",
            },
        )

    def _profile(self, beat: Beat, segment: Segment, wish: Revision) -> VoiceProfile:
        try:
            profile = self.profiles[segment.character]
        except KeyError:
            raise BadInput(
                f'Beat {beat.id}: "{segment.character}" is not in the cast. '
                "Add the character on the Voices page.",
                beat=beat.id,
            ) from None
        return profile if wish.engine is None else profile.on(wish.engine)


def _check(beat: Beat, wish: Revision) -> None:
    for name in ("stability", "similarity", "style"):
        value = getattr(wish, name)
        if value is not None and not 0 <= value <= 1:
            raise BadInput(f"Beat {beat.id}: {name} is a number from 0 to 1, not {value}.", beat=beat.id)
    if wish.speed is not None and not math.isfinite(wish.speed):
        raise BadInput(f"Beat {beat.id}: speed is a number from {SPEED_MIN} to {SPEED_MAX}.", beat=beat.id)
    if wish.pace is not None and wish.pace not in PACES:
        raise BadInput(f"Beat {beat.id}: there is no such pace. There are {', '.join(PACES)}.", beat=beat.id)


def estimates(plan: BeatPlan, engines: Mapping[str, Synthesizer]) -> tuple[Estimate, ...]:
    """What each part will cost, in the plan's order."""
    return tuple(
        engines[segment.engine].estimate(request)
        for segment in plan.segments
        for request in part_requests(segment)
    )


def _with_neighbours(
    segments: list[PlannedSegment], index: int, engines: Mapping[str, Synthesizer]
) -> PlannedSegment:
    segment = segments[index]
    if engines[segment.engine].support(segment.model).get("neighbours", "not used") == "not used":
        return segment
    before = segments[index - 1].text if index else None
    after = segments[index + 1].text if index + 1 < len(segments) else None
    return replace(segment, neighbours=True, previous_text=before, next_text=after)


def _first(revision: float | None, tag: float | None, profile: float) -> tuple[float, str]:
    if revision is not None:
        return revision, "revision"
    return (tag, "tag") if tag is not None else (profile, "profile")


def _unused(segment: Segment, direction: str | None, used: set[str]) -> tuple[str, ...]:
    asked = {
        "direction": direction is not None,
        "stability": segment.stability is not None,
        "style": segment.style is not None,
        "audio_tags": bool(segment.audio_tags),
    }
    return tuple(part for part, wanted in asked.items() if wanted and part not in used)
