"""How far generating is, and how long it may still take. Pure."""

from viraltracker.takes import Batch, BeatRow
from viraltracker.ui.show.words import plural, seconds_left
from viraltracker.ui.views import Progress

__all__ = ["batch_progress", "beat_progress"]

NO_WORKER = "no job worker is running: start one with `viraltracker worker`"


def batch_progress(batch: Batch | None, workers_live: bool) -> Progress | None:
    """All that is under way as one bar; None when nothing is."""
    if batch is None:
        return None
    text = f"{batch.settled} of {batch.total}"
    share = batch.settled / batch.total
    if not workers_live:
        return Progress(share, f"{text} · {NO_WORKER}")
    return Progress(share, text if batch.left_s is None else f"{text} · {seconds_left(batch.left_s)}")


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
