"""How far generating is, and how long it may still take. Pure: derived from the takes' own times."""

from viraltracker.takes import BeatRow, Session, Take
from viraltracker.ui.show.words import plural, seconds_left
from viraltracker.ui.views import Progress

__all__ = ["batch_progress", "beat_progress"]

NO_WORKER = "no job worker is running: start one with `viraltracker worker`"


def batch_progress(session: Session, workers_live: bool) -> Progress | None:
    """All batches that still have work, as one bar; None when there is nothing under way."""
    takes = [take for beat in session.script_beats for take in beat.takes]
    open_batches = {take.batch for take in takes if take.status in ("queued", "generating")}
    if not open_batches:
        return None
    batch = [take for take in takes if take.batch in open_batches and take.status != "cancelled"]
    settled = [take for take in batch if take.status in ("done", "failed")]
    text = f"{len(settled)} of {len(batch)}"
    if not workers_live:
        return Progress(len(settled) / len(batch), f"{text} · {NO_WORKER}")
    left_s = _left_s(batch, settled)
    return Progress(len(settled) / len(batch), text if left_s is None else f"{text} · {seconds_left(left_s)}")


def _left_s(batch: list[Take], settled: list[Take]) -> float | None:
    times = [take.finished_at for take in settled if take.finished_at is not None]
    if len(times) < 2:
        return None
    span_s = (max(times) - min(take.requested_at for take in batch)).total_seconds()
    return span_s / len(settled) * (len(batch) - len(settled))


def beat_progress(beat: BeatRow, workers_live: bool) -> Progress | None:
    """What the row of a queued or generating beat shows."""
    active = [take for take in beat.takes if take.status in ("queued", "generating")]
    if not active:
        return None
    take = active[-1]
    share = take.parts_done / take.parts if take.parts else 0.0
    if take.waiting:
        return Progress(share, f"waiting: {take.waiting.get('message', 'the provider is busy')}")
    if take.status == "queued" or not take.leased:
        return Progress(share, "queued" if workers_live else NO_WORKER)
    engines = ", ".join(dict.fromkeys(s.model or s.engine for s in take.plan.segments))
    return Progress(
        max(share, 0.05), f"{engines} · {plural(take.parts, 'part')}" if take.parts > 1 else engines
    )
