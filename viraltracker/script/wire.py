"""Scripts as JSON: what the command line prints, and the shape in which beats rest in the database."""

from collections.abc import Mapping
from typing import Any

from viraltracker.errors import BadInput
from viraltracker.script.model import PACES, AudioTag, Beat, Diagnostic, Parsed, Segment, Stats

__all__ = ["beat_from_json", "beat_to_json", "diagnostic_to_json", "stats_to_json", "to_json"]


def to_json(parsed: Parsed, file: str | None = None) -> dict[str, Any]:
    """A reading as one JSON object. With errors there are no beats, and all else but the findings is null."""
    script = parsed.script
    named = {} if file is None else {"file": file}
    return {
        **named,
        "title": script.title if script else None,
        "project": script.project if script else None,
        "beats": [beat_to_json(beat) for beat in script.beats] if script else [],
        "diagnostics": [diagnostic_to_json(found) for found in parsed.diagnostics],
        "stats": stats_to_json(parsed.stats) if script and parsed.stats else None,
    }


def diagnostic_to_json(found: Diagnostic) -> dict[str, Any]:
    """A finding as JSON."""
    return {
        "code": found.code,
        "severity": found.severity,
        "line": found.line,
        "column": found.column,
        "message": found.message,
        "hint": found.hint,
    }


def stats_to_json(stats: Stats) -> dict[str, Any]:
    """Counts and the estimate as JSON; `cast` by character in the order in which they first speak."""
    return {
        "beats": stats.beats,
        "lines": stats.lines,
        "characters": stats.characters,
        "duration_ms": stats.duration_ms,
        "cast": {
            character: {"lines": one.lines, "characters": one.characters, "duration_ms": one.duration_ms}
            for character, one in stats.cast.items()
        },
    }


def beat_to_json(beat: Beat) -> dict[str, Any]:
    """A beat as JSON: all of it but the line where it stands."""
    return {
        "id": beat.id,
        "number": beat.number,
        "name": beat.name,
        "leading_pause_ms": beat.leading_pause_ms,
        "trailing_pause_ms": beat.trailing_pause_ms,
        "segments": [_segment_to_json(segment) for segment in beat.segments],
    }


def beat_from_json(stored: Mapping[str, Any]) -> Beat:
    """The beat that `beat_to_json` wrote. Raises BadInput over anything else."""
    try:
        return Beat(
            id=_text(stored["id"]),
            number=_whole(stored["number"]),
            name=_text(stored["name"]),
            segments=tuple(_segment_from_json(segment) for segment in stored["segments"]),
            leading_pause_ms=_whole(stored["leading_pause_ms"]),
            trailing_pause_ms=_whole(stored["trailing_pause_ms"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        message = (
            "A stored beat can't be read: it isn't in the shape this studio writes. Save the script again."
        )
        raise BadInput(message) from error


def _segment_to_json(segment: Segment) -> dict[str, Any]:
    return {
        "character": segment.character,
        "direction": segment.direction,
        "pace": segment.pace,
        "stability": segment.stability,
        "style": segment.style,
        "text": segment.text,
        "audio_tags": [{"offset": audio.offset, "tag": audio.tag} for audio in segment.audio_tags],
        "emphasis": list(segment.emphasis),
        "strong_emphasis": list(segment.strong_emphasis),
        "pause_after_ms": segment.pause_after_ms,
    }


def _segment_from_json(stored: Mapping[str, Any]) -> Segment:
    pace = _text(stored["pace"])
    if pace not in PACES:
        raise ValueError(pace)
    return Segment(
        character=_text(stored["character"]),
        text=_text(stored["text"]),
        pace=pace,
        direction=None if stored["direction"] is None else _text(stored["direction"]),
        stability=_fraction(stored["stability"]),
        style=_fraction(stored["style"]),
        audio_tags=tuple(
            AudioTag(_whole(audio["offset"]), _text(audio["tag"])) for audio in stored["audio_tags"]
        ),
        emphasis=tuple(_text(words) for words in stored["emphasis"]),
        strong_emphasis=tuple(_text(words) for words in stored["strong_emphasis"]),
        pause_after_ms=_whole(stored["pause_after_ms"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError(value)
    return value


def _fraction(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise TypeError(value)
    return float(value)
