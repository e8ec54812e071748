"""The episode: its timeline, what the last master measured, what can be delivered, receipts. Pure."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from viraltracker.episode import MONO, STEREO, Target, unpicked
from viraltracker.studio import Desk
from viraltracker.takes import ExportRow, expected_ms
from viraltracker.ui.show.words import ago, plural
from viraltracker.ui.views.board import CastColour
from viraltracker.ui.views.cards import Card, Cell, Column, Row, Sheet
from viraltracker.ui.views.timeline import ClipBox, Lane, Loudness, TimelineView
from viraltracker.units import clock

__all__ = ["episode_sheet", "episode_sub", "last_master", "timeline_view"]

Link = Callable[[str], str]


def last_master(desk: Desk) -> ExportRow | None:
    """The newest finished MP3."""
    return next((x for x in desk.session.exports if x.kind == "mp3" and x.status == "done"), None)


def episode_sub(desk: Desk, now: datetime) -> str:
    """`12:40.3 · 42 of 42 beats picked · last export 09:14, one beat changed since`."""
    beats = desk.session.script_beats
    picked = len(beats) - len(unpicked(desk.session))
    parts = [clock(desk.standing.duration_ms), f"{picked} of {plural(len(beats), 'beat')} picked"]
    last = last_master(desk)
    if last is not None:
        changed = f", {plural(last.changed, 'beat')} changed since" if last.changed else ""
        older = f", script v{last.script_number}" if last.script_number != desk.session.script_number else ""
        parts.append(f"last export {ago(last.finished_at or last.requested_at, now)}{older}{changed}")
    return " · ".join(parts)


def timeline_view(desk: Desk, audio: Link) -> TimelineView:
    """The last master's timeline where it is the present one, else the planned one."""
    last = last_master(desk)
    current = last is not None and not last.changed and last.script_number == desk.session.script_number
    facts: Mapping[str, Any] = (last.facts or {}) if last and current else {}
    starts, total = _places(desk)
    colours = {
        m.character.id: CastColour(m.character.colour_light, m.character.colour_dark) for m in desk.members
    }
    target = STEREO if last and last.options.get("stereo") else MONO
    return TimelineView(
        duration_ms=int(facts.get("duration_ms", total)),
        lanes=tuple(_lanes(desk, starts)),
        cast=colours,
        peaks=str(facts.get("waveform", "")),
        loudness=_loudness(facts, target) if facts else None,
        audio_url=audio(last.file_sha256) if facts and last and last.file_sha256 else "",
        silent="" if facts else "Export the episode to hear it here from end to end.",
        nothing="" if starts else "This script has no beats yet.",
    )


def _places(desk: Desk) -> tuple[dict[str, tuple[int, int]], int]:
    places, at = {}, 0
    for beat in desk.session.script_beats:
        take = beat.picked or next((take for take in reversed(beat.takes) if take.status == "done"), None)
        if take is not None and take.duration_ms is not None:
            length = take.duration_ms
        else:
            standing = desk.standing.beats[beat.beat_id]
            known = beat.silent or standing.problem is not None
            length = 0 if known else expected_ms(desk.planner.plan(beat.content))
        places[beat.beat_id] = (at, at + length)
        at += length + beat.content.trailing_pause_ms
    return places, at


def _lanes(desk: Desk, places: Mapping[str, tuple[int, int]]) -> Iterator[Lane]:
    spoken: dict[str, list[ClipBox]] = {}
    for beat in desk.session.script_beats:
        for who in dict.fromkeys(segment.character for segment in beat.content.segments):
            start, end = places[beat.beat_id]
            box = ClipBox(beat.id, f"{beat.content.number:02d}", beat.content.name, start, end)
            spoken.setdefault(who, []).append(box)
    for who, clips in spoken.items():
        yield Lane(who, tuple(clips))


def _loudness(facts: Mapping[str, Any], target: Target) -> Loudness:
    values = tuple(None if value <= -70 else float(value) for value in facts.get("curve_lufs", ()))
    label = f"{target.integrated_lufs:g} LUFS"
    return Loudness(values, int(facts.get("curve_step_ms", 1000)), target.integrated_lufs, label)


def episode_sheet(desk: Desk, now: datetime, download: Link) -> Sheet:
    """Master, receipts."""
    return Sheet((_master(last_master(desk)), _receipts(desk, now, download)))


def _master(last: ExportRow | None) -> Card:
    facts = (last.facts or {}) if last else {}
    columns = (Column(""), Column("", "number"))
    if not facts:
        return Card("master", "Master", columns, nothing="Not exported yet: nothing has been measured.")
    stereo = bool(last and last.options.get("stereo"))
    target = STEREO if stereo else MONO
    on_target = abs(facts["integrated_lufs"] - target.integrated_lufs) <= 0.3
    below = facts["true_peak_dbtp"] <= target.ceiling_dbtp
    lines = (
        ("Preset", "Podcast stereo · 192 kbit/s" if stereo else "Speech mono · 128 kbit/s", None),
        ("Integrated", f"{facts['integrated_lufs']:.1f} LUFS", "picked" if on_target else "failed"),
        ("True peak, MP3", f"{facts['true_peak_dbtp']:.1f} dBTP", "picked" if below else "failed"),
        ("Range", f"{facts['loudness_range_lu']:.1f} LU", None),
        (
            "Limiter worked on",
            f"{facts['limiter_percent']:.1f} % · max {facts['limiter_max_db']:.1f} dB",
            None,
        ),
        ("Length", clock(facts["duration_ms"]), None),
        ("Chapters", str(facts["chapters"]), None),
    )
    rows = tuple(Row(f"master-{name}", (Cell(name), Cell(value, tone=tone))) for name, value, tone in lines)  # type: ignore[arg-type]
    return Card("master", "Master", columns, rows, note=" ".join(facts.get("notes", ())))


def _receipts(desk: Desk, now: datetime, download: Link) -> Card:
    rows = tuple(_receipt(export, now, download) for export in desk.session.exports[:20])
    columns = (Column("", "fit"), Column(""), Column("", "fit"))
    return Card("receipts", "Receipts", columns, rows, nothing="Every export is kept here.")


def _receipt(export: ExportRow, now: datetime, download: Link) -> Row:
    facts = export.facts or {}
    when = Cell(ago(export.finished_at or export.requested_at, now), faint=True)
    left_out = facts.get("left_out") or ()
    sub = f"script v{export.script_number}" + (f", without {', '.join(left_out)}" if left_out else "")
    if export.status == "done":
        size = f"{facts.get('bytes', 0) / 1e6:.1f} MB"
        return Row(
            str(export.id),
            (when, Cell(export.filename, sub=f"{size} · {sub}"), Cell("Get", href=download(str(export.id)))),
        )
    if export.status in ("queued", "generating"):
        word = "queued" if export.status == "queued" else f"{export.progress * 100:.0f} %"
        return Row(
            str(export.id),
            (
                when,
                Cell(export.filename, sub=sub, share=export.progress, tone="generating"),
                Cell(word),
            ),
        )
    said = str((export.error or {}).get("message", export.status))
    return Row(str(export.id), (when, Cell(export.filename, sub=said, tone="failed"), Cell(export.status)))
