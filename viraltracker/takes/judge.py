"""A take's judgement: what can be measured at once and for free. Pure; knows nothing about engines.

Thresholds follow what other studios ship (near silence at -55 dBFS, clipping 0.1 % warns and 2 % fails,
duration outside 0.5..2 x of 15 characters a second) and are constants here, so that a producer's reason can
name them.
"""

from dataclasses import dataclass

from viraltracker.audio import Clip, Levels, levels
from viraltracker.takes.model import BeatPlan, Finding, Judgement, Severity, Verdict

__all__ = ["CHARACTERS_PER_S", "expected_ms", "judge"]

CHARACTERS_PER_S = 15.0
_SHORT, _LONG = 0.45, 2.2
# Below this many characters a line's length says nothing: "No." takes as long as it takes.
_TOO_FEW_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class _Limit:
    warn: float
    fail: float


_LEADING_MS = _Limit(500, 2000)
_TRAILING_MS = _Limit(800, 3000)
_INNER_MS = _Limit(1500, 4000)
_CLIPPED = _Limit(0.001, 0.02)
_QUIET_DBFS = _Limit(-40.0, -55.0)
# A finished word dies away to 25 dB under the speech before it; one that is cut stops near 0 dB.
_ENDING_DB = -18.0
_FLOOR_DBFS = -120.0


def expected_ms(plan: BeatPlan) -> int:
    """How long the take's speech should be, pauses included: characters / 15 per second / speed."""
    speech = sum(len(segment.text) / CHARACTERS_PER_S / segment.speed * 1000 for segment in plan.segments)
    return round(speech) + plan.leading_pause_ms + sum(segment.pause_after_ms for segment in plan.segments)


def judge(clip: Clip, plan: BeatPlan) -> Judgement:
    """Judge a whole take (its own pauses included) against its plan."""
    measured = levels(clip)
    findings = [
        *_length(clip, plan),
        *_silences(measured, plan),
        *_level(measured),
    ]
    worst = {finding.severity for finding in findings}
    verdict: Verdict = "fail" if "fail" in worst else "warn" if "warn" in worst else "clean"
    return Judgement(verdict, tuple(findings), expected_ms(plan))


def _length(clip: Clip, plan: BeatPlan) -> list[Finding]:
    expected = expected_ms(plan)
    characters = sum(len(segment.text) for segment in plan.segments)
    if characters < _TOO_FEW_CHARACTERS:
        return []
    ratio = clip.duration_ms / max(expected, 1)
    shown = f"{clip.duration_ms / 1000:.1f} s where about {expected / 1000:.1f} s were expected"
    if ratio < _SHORT:
        return [Finding("too-short", f"too short: {shown}; words may be missing", "fail", ratio)]
    if ratio > _LONG:
        return [
            Finding("too-long", f"too long: {shown}; it may ramble", "warn" if ratio < 4 else "fail", ratio)
        ]
    return []


def _silences(measured: Levels, plan: BeatPlan) -> list[Finding]:
    planned = max((segment.pause_after_ms for segment in plan.segments), default=0)
    checks = (
        (
            "leading-silence",
            "silence at the start",
            measured.leading_silence_ms - plan.leading_pause_ms,
            _LEADING_MS,
        ),
        ("trailing-silence", "silence at the end", measured.trailing_silence_ms, _TRAILING_MS),
        ("inner-silence", "a gap inside", measured.longest_silence_ms - planned, _INNER_MS),
    )
    return [
        Finding(code, f"{words}: {span / 1000:.1f} s", "fail" if span >= limit.fail else "warn", span)
        for code, words, span, limit in checks
        if span >= limit.warn
    ]


def _level(measured: Levels) -> list[Finding]:
    found = []
    clipped = measured.clipped_ratio
    if clipped >= _CLIPPED.warn:
        severity: Severity = "fail" if clipped >= _CLIPPED.fail else "warn"
        found.append(Finding("clipping", f"clipped: {clipped * 100:.1f} % of samples", severity, clipped))
    level_dbfs = max(measured.active_dbfs, _FLOOR_DBFS)
    if measured.silent or level_dbfs <= _QUIET_DBFS.fail:
        found.append(Finding("silent", "nothing to hear", "fail", level_dbfs))
    elif level_dbfs <= _QUIET_DBFS.warn:
        found.append(Finding("quiet", f"very quiet: {level_dbfs:.0f} dBFS", "warn", level_dbfs))
    elif measured.ending_db > _ENDING_DB:
        found.append(
            Finding("ending-cut", "ending cut: the sound stops at full level", "warn", measured.ending_db)
        )
    return found
