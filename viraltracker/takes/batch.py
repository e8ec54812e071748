"""How far the takes under way have come, and how long they may still take. Pure: from their own times."""

from dataclasses import dataclass

from viraltracker.takes.model import Session, Take

__all__ = ["Batch", "batch_under_way"]


@dataclass(frozen=True, slots=True)
class Batch:
    """All batches that still have work, as one. `left_s` None: too little is done yet to tell."""

    settled: int
    total: int
    left_s: float | None


def batch_under_way(session: Session) -> Batch | None:
    """What is under way in a session; None when nothing is."""
    takes = [take for beat in session.script_beats for take in beat.takes]
    open_batches = {take.batch for take in takes if take.status in ("queued", "generating")}
    if not open_batches:
        return None
    batch = [take for take in takes if take.batch in open_batches and take.status != "cancelled"]
    settled = [take for take in batch if take.status in ("done", "failed")]
    return Batch(len(settled), len(batch), _left_s(batch, settled))


def _left_s(batch: list[Take], settled: list[Take]) -> float | None:
    times = [take.finished_at for take in settled if take.finished_at is not None]
    if len(times) < 2:
        return None
    span_s = (max(times) - min(take.requested_at for take in batch)).total_seconds()
    return span_s / len(settled) * (len(batch) - len(settled))
