"""Why a take no longer fits: its plan beside the plan that would be made now. Pure."""

from collections.abc import Mapping

from viraltracker.takes.model import BeatPlan, PlannedSegment

__all__ = ["differences"]

_SETTINGS = ("engine", "voice", "model", "direction", "stability", "similarity", "style", "speed", "seed")


def differences(made: BeatPlan, now: BeatPlan) -> tuple[str, ...]:
    """Readable reasons, most audible first: "text", "voice fed: speed 0.70 → 0.80", "pause 150 → 400 ms".

    Empty: the take is what would be made now. The attempt doesn't count: every attempt at a plan fits it.
    """
    if [segment.text for segment in made.segments] != [segment.text for segment in now.segments]:
        return ("text",)
    reasons: list[str] = []
    for old, new in zip(made.segments, now.segments, strict=True):
        if old.character != new.character:
            reasons.append(f"speaker {old.character} → {new.character}")
        else:
            reasons += _settings(old, new, made.attempt, now.attempt)
    reasons += _pauses(made, now)
    return tuple(dict.fromkeys(reasons))


def _settings(old: PlannedSegment, new: PlannedSegment, made_attempt: int, now_attempt: int) -> list[str]:
    found = []
    for name in _SETTINGS:
        before, after = getattr(old, name), getattr(new, name)
        if name == "seed" and before is not None and after is not None:
            before, after = before - made_attempt, after - now_attempt
        if before != after:
            found.append(f"voice {new.character}: {name} {_shown(before)} → {_shown(after)}")
    if old.audio_tags != new.audio_tags:
        found.append("audio tags")
    if (old.previous_text, old.next_text) != (new.previous_text, new.next_text):
        found.append("neighbouring text")
    if dict(old.options) != dict(new.options):
        found += [f"voice {new.character}: {change}" for change in _options(old.options, new.options)]
    return found


def _options(old: Mapping[str, float], new: Mapping[str, float]) -> list[str]:
    names = sorted(set(old) | set(new))
    return [f"{n} {_shown(old.get(n))} → {_shown(new.get(n))}" for n in names if old.get(n) != new.get(n)]


def _pauses(made: BeatPlan, now: BeatPlan) -> list[str]:
    before = [made.leading_pause_ms, *(segment.pause_after_ms for segment in made.segments)]
    after = [now.leading_pause_ms, *(segment.pause_after_ms for segment in now.segments)]
    return [f"pause {old} → {new} ms" for old, new in zip(before, after, strict=True) if old != new]


def _shown(value: object) -> str:
    if value is None:
        return "unset"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
