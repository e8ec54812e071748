"""What of a plan is asked of an engine, and what its audio goes by: the generation keys. Pure.

A key is the hash of all that shapes a part's audio. Where a voice hears what it said before, that is the key
of the part before, so a changed line gives all that follow it new keys, and those before it keep theirs.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

from viraltracker.speech import AudioTagAt, SpeechRequest
from viraltracker.takes.model import BeatPlan, PlannedSegment

__all__ = ["heard_parts", "keyed", "part_requests", "plan_key"]

_KEY_VERSION = 1
_Speaker = tuple[str, str, str, str | None]


def part_requests(segment: PlannedSegment) -> tuple[SpeechRequest, ...]:
    """The engine's requests for a segment, one a part; audio tags go with the part they stand in."""
    requests = []
    starts = _starts(segment)
    for index, part in enumerate(segment.parts):
        start, last = starts[index], index == len(segment.parts) - 1
        until = len(segment.text) + 1 if last else starts[index + 1]
        tags = tuple(
            AudioTagAt(min(tag.offset - start, len(part)), tag.tag)
            for tag in segment.audio_tags
            if start <= tag.offset < until
        )
        requests.append(
            SpeechRequest(
                text=part,
                voice=segment.voice,
                model=segment.model,
                direction=segment.direction,
                stability=segment.stability,
                similarity=segment.similarity,
                style=segment.style,
                speed=segment.speed,
                seed=segment.seed,
                previous_text=_before(segment, index),
                next_text=_after(segment, index),
                audio_tags=tags,
                options=segment.options,
            )
        )
    return tuple(requests)


def _starts(segment: PlannedSegment) -> tuple[int, ...]:
    """Where each part begins in the text: only blanks lie between two parts, and none before the first."""
    starts, at = [], 0
    for part in segment.parts:
        at = segment.text.index(part, at)
        starts.append(at)
        at += len(part)
    return (0, *starts[1:])


def heard_parts(plan: BeatPlan) -> tuple[tuple[int, ...], ...]:
    """For each part the numbers of those that its speaker said before and hears; none: it stands alone."""
    said: dict[_Speaker, tuple[int, ...]] = {}
    heard: list[tuple[int, ...]] = []
    for segment in plan.segments:
        who = _speaker(segment)
        for _ in segment.parts:
            before = said.get(who, ())
            said[who] = (*before, len(heard))
            heard.append(before if segment.continues else ())
    return tuple(heard)


def _speaker(segment: PlannedSegment) -> _Speaker:
    return segment.character, segment.engine, segment.voice, segment.model


def keyed(segments: Sequence[PlannedSegment], attempt: int) -> tuple[PlannedSegment, ...]:
    """Each with its keys. What a speaker hears of itself is in them: the key before, which holds its own."""
    said: dict[_Speaker, str] = {}
    made = []
    for segment in segments:
        who, keys = _speaker(segment), []
        for request in part_requests(segment):
            follows = said.get(who) if segment.continues else None
            said[who] = _generation_key(segment, request, attempt, follows)
            keys.append(said[who])
        made.append(replace(segment, keys=tuple(keys)))
    return tuple(made)


def plan_key(plan: BeatPlan) -> str:
    """A take's identity: its generations and the pauses between them. sha256, hex."""
    shape = [plan.leading_pause_ms, [[segment.keys, segment.pause_after_ms] for segment in plan.segments]]
    return _sha256(shape)


def _before(segment: PlannedSegment, part: int) -> str | None:
    if not segment.neighbours:
        return None
    return segment.parts[part - 1] if part else segment.previous_text


def _after(segment: PlannedSegment, part: int) -> str | None:
    if not segment.neighbours:
        return None
    return segment.parts[part + 1] if part + 1 < len(segment.parts) else segment.next_text


def _generation_key(
    segment: PlannedSegment, request: SpeechRequest, attempt: int, follows: str | None
) -> str:
    # Only where there is something to follow: keys of lines that stand alone are what they always were.
    heard = {} if follows is None else {"follows": follows}
    return _sha256(
        {
            **heard,
            "version": _KEY_VERSION,
            "engine": segment.engine,
            "model": request.model,
            "voice": request.voice,
            "text": request.text,
            "direction": request.direction,
            "stability": _real(request.stability),
            "similarity": _real(request.similarity),
            "style": _real(request.style),
            "speed": _real(request.speed),
            "seed": request.seed,
            "previous": request.previous_text,
            "next": request.next_text,
            "tags": [[tag.offset, tag.tag] for tag in request.audio_tags],
            "options": {name: _real(value) for name, value in request.options.items()},
            "attempt": attempt,
        }
    )


def _real(value: float | None) -> float | None:
    """The number as every other writing of it is hashed: 1 as 1.0, -0.0 as 0.0."""
    return None if value is None else float(value) + 0.0


def _sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
