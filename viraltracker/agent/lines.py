"""The studio's nouns as the lines that tools answer with. Pure."""

from collections.abc import Iterable

from viraltracker.agent.results import (
    PAGE,
    BeatLine,
    ExportLine,
    FindingLine,
    ScriptReport,
    SegmentLine,
    SessionLine,
    TakeLine,
    VoiceLine,
    cut,
)
from viraltracker.script import Beat, Parsed
from viraltracker.speech import Synthesizer
from viraltracker.takes import (
    BeatRow,
    ExportRow,
    Member,
    Session,
    SessionStanding,
    Standing,
    Take,
    revision_json,
)

__all__ = [
    "beat_line",
    "export_line",
    "script_report",
    "segment_lines",
    "session_line",
    "take_line",
    "take_lines",
    "voice_line",
]


def script_report(parsed: Parsed, offset: int = 0) -> ScriptReport:
    """Findings, errors first, and the beats' ids from `offset` on."""
    ordered = sorted(parsed.diagnostics, key=lambda found: (found.severity != "error", found.line))
    script = parsed.script
    beats = [beat.id for beat in script.beats] if script else []
    return ScriptReport(
        ok=script is not None,
        errors=len(parsed.errors),
        warnings=len(parsed.diagnostics) - len(parsed.errors),
        findings=tuple(
            FindingLine(d.severity, d.code, d.line, d.column, cut(d.message, 300), d.hint)
            for d in ordered[:PAGE]
        ),
        more_findings=max(0, len(ordered) - PAGE),
        title=script.title if script else "",
        beats=tuple(beats[offset : offset + PAGE]),
        more_beats=max(0, len(beats) - offset - PAGE),
        characters=parsed.stats.characters if parsed.stats else 0,
        duration_ms=parsed.stats.duration_ms if parsed.stats else 0,
    )


def segment_lines(beat: Beat) -> tuple[SegmentLine, ...]:
    """A beat's segments with their whole text."""
    return tuple(
        SegmentLine(s.character, s.text, s.pace, s.direction, s.stability, s.style, s.pause_after_ms)
        for s in beat.segments
    )


def session_line(session: Session, standing: SessionStanding) -> SessionLine:
    """A session in a list."""
    shelf = "trash" if session.deleted_at else "archived" if session.archived_at else "active"
    return SessionLine(
        id=str(session.id),
        title=session.title,
        project=session.project,
        shelf=shelf,
        status=standing.status,
        beats=len(standing.beats),
        picked=sum(beat.silent or beat.picked is not None for beat in session.script_beats),
        duration_ms=standing.duration_ms,
        spent_usd=session.spent_usd,
        cap_usd=session.cap_usd,
    )


def beat_line(beat: BeatRow, standing: Standing) -> BeatLine:
    """A beat in a list."""
    picked = beat.picked
    return BeatLine(
        beat=beat.beat_id,
        name=cut(beat.content.name),
        state=standing.state,
        speakers=tuple(dict.fromkeys(segment.character for segment in beat.content.segments)),
        text=cut(beat.content.text),
        takes=sum(take.status == "done" for take in beat.takes),
        picked_take=picked.number if picked else None,
        duration_ms=picked.duration_ms if picked else None,
        why=tuple(cut(reason, 200) for reason in standing.reasons),
        note=cut(beat.note),
    )


def take_line(beat: BeatRow, take: Take, stale: tuple[str, ...] = ()) -> TakeLine:
    """A take by itself."""
    judgement = take.judgement
    error = take.error or take.waiting
    return TakeLine(
        beat=beat.beat_id,
        take=take.number,
        id=str(take.id),
        status=take.status,
        picked=take.id == beat.selected,
        verdict=judgement.verdict if judgement else None,
        findings=tuple(found.message for found in judgement.findings) if judgement else (),
        duration_ms=take.duration_ms,
        integrated_lufs=None if take.lufs is None else round(take.lufs, 1),
        usd=take.usd,
        starred=take.starred,
        note=cut(take.note),
        settings=revision_json(take.revision) or None,
        stale=stale,
        problem=cut(str(error.get("message", "")), 300) if error else None,
    )


def take_lines(session: Session, wanted: Iterable[object]) -> tuple[TakeLine, ...]:
    """The takes of those ids, in the script's order."""
    ids = set(wanted)
    return tuple(take_line(beat, take) for beat in session.beats for take in beat.takes if take.id in ids)


def voice_line(member: Member, engine: Synthesizer | None) -> VoiceLine:
    """A character's voice; `not_used` names settings that its engine ignores."""
    profile, voice = member.profile, member.profile.voice
    support = engine.support(voice.model if voice else None) if engine else {}
    return VoiceLine(
        character=member.character.id,
        role=member.character.role,
        aliases=member.character.aliases,
        engine=profile.engine,
        voice=voice.voice if voice else None,
        stability=profile.stability,
        similarity=profile.similarity,
        style=profile.style,
        speed=profile.speed,
        seed=profile.seed,
        version=member.version,
        not_used=tuple(sorted(part for part, use in support.items() if use == "not used")),
    )


def export_line(row: ExportRow) -> ExportLine:
    """An export and what was measured of it."""
    facts = row.facts or {}
    return ExportLine(
        id=str(row.id),
        kind=row.kind,
        status=row.status,
        progress=round(row.progress, 2),
        filename=row.filename,
        duration_ms=facts.get("duration_ms"),
        integrated_lufs=facts.get("integrated_lufs"),
        true_peak_dbtp=facts.get("true_peak_dbtp"),
        problem=str(row.error.get("message", "It failed.")) if row.error else None,
    )
