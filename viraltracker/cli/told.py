"""What programs are told: sessions, beats, takes and voices as JSON. The one place where keys are named.

Times are ISO 8601, lengths milliseconds, costs US dollars. Knows no studio and prints nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from viraltracker.takes import (
        BeatRow,
        ExportRow,
        Member,
        Revision,
        Session,
        SessionStanding,
        Standing,
        Take,
    )

__all__ = ["beat_json", "export_json", "member_json", "revision_words", "session_json", "take_json"]


def session_json(session: "Session", standing: "SessionStanding") -> dict[str, Any]:
    """A session in a list."""
    states = [each.state for each in standing.beats.values()]
    shelf = "trash" if session.deleted_at else "archived" if session.archived_at else "active"
    return {
        "id": str(session.id),
        "title": session.title,
        "project": session.project,
        "shelf": shelf,
        "status": standing.status,
        "beats": len(states),
        "states": {state: states.count(state) for state in dict.fromkeys(states)},
        "duration_ms": standing.duration_ms,
        "spent_usd": session.spent_usd,
        "cap_usd": session.cap_usd,
        "script_number": session.script_number,
        "created_at": session.created_at.isoformat(),
        "updated_at": session.updated_at.isoformat(),
    }


def beat_json(beat: "BeatRow", standing: "Standing") -> dict[str, Any]:
    """A beat with its takes."""
    stale = standing.stale or {}
    return {
        "beat": beat.beat_id,
        "name": beat.content.name,
        "state": standing.state,
        "reasons": list(standing.reasons),
        "problem": standing.problem,
        "locked": beat.locked,
        "note": beat.note,
        "picked": beat.picked.number if beat.picked else None,
        "takes": [
            {**take_json(take), "picked": take.id == beat.selected, "stale": list(stale.get(take.number, ()))}
            for take in beat.takes
        ],
    }


def take_json(take: "Take") -> dict[str, Any]:
    """A take by itself."""
    judgement = take.judgement
    findings = judgement.findings if judgement else ()
    return {
        "number": take.number,
        "id": str(take.id),
        "status": take.status,
        "verdict": judgement.verdict if judgement else None,
        "findings": [{"code": found.code, "message": found.message} for found in findings],
        "duration_ms": take.duration_ms,
        "integrated_lufs": take.lufs,
        "audio_sha256": take.audio_sha256,
        "revision": revision_words(take.revision),
        "usd": take.usd,
        "made": [
            {"engine": part.engine, "request_id": part.request_id, "facts": dict(part.facts)}
            for part in take.made
        ],
        "starred": take.starred,
        "note": take.note,
        "error": dict(take.error) if take.error else None,
    }


def revision_words(revision: "Revision") -> dict[str, Any]:
    """What a producer changed for a take; only what was set."""
    named = {name: getattr(revision, name) for name in revision.__slots__}
    return {name: value for name, value in named.items() if value is not None}


def export_json(row: "ExportRow") -> dict[str, Any]:
    """A finished export and what was measured of it."""
    return {"kind": row.kind, "filename": row.filename, **(row.facts or {})}


def member_json(member: "Member") -> dict[str, Any]:
    """A character and the voice it has now."""
    from viraltracker.voices import character_to_json, profile_to_json

    profile = profile_to_json(member.profile)
    profile.pop("character")
    return {**character_to_json(member.character), "version": member.version, "profile": profile}
