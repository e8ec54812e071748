"""A take as its line on the board: badge, waveform, link, and how it came to be. Pure."""

from collections.abc import Callable, Iterator, Mapping
from uuid import UUID

from viraltracker.takes import Judgement, Revision, Standing, Take
from viraltracker.ui.show.makings import made_words
from viraltracker.ui.show.words import clock_tenths, percent
from viraltracker.ui.views import Badge, TakeLine

__all__ = ["judged", "take_line"]


def take_line(
    take: Take, by_id: Mapping[UUID, Take], standing: Standing, link: Callable[[str], str]
) -> TakeLine:
    """The line of a finished take."""
    reasons = (standing.stale or {}).get(take.number, ())
    return TakeLine(
        id=take.id,
        number=take.number,
        clock=clock_tenths(take.duration_ms or 0),
        duration_ms=take.duration_ms or 0,
        url=link(take.audio_sha256) if take.audio_sha256 else "",
        peaks=take.peaks or "",
        lufs=take.lufs,
        badge=_stale_badge(reasons) if reasons else judged(take.judgement),
        starred=take.starred,
        stale=bool(reasons),
        made=_made(take, by_id),
    )


def _stale_badge(reasons: tuple[str, ...]) -> Badge:
    return Badge("old text" if reasons[0] == "text" else "old settings", "stale", reasons)


def judged(judgement: Judgement | None) -> Badge | None:
    """What was heard at once of a take, as its badge."""
    if judgement is None:
        return None
    if not judgement.findings:
        return Badge("clean", "picked")
    worst = next((f for f in judgement.findings if f.severity == "fail"), judgement.findings[0])
    words = tuple(finding.message for finding in judgement.findings)
    tone = "failed" if worst.severity == "fail" else "review"
    return Badge(worst.code.replace("-", " "), "failed" if tone == "failed" else "review", words)


def _made(take: Take, by_id: Mapping[UUID, Take]) -> str:
    source = by_id.get(take.made_from) if take.made_from else None
    changes = ", ".join(_changes(source, take)) if source else ", ".join(_set(take.revision))
    said = f"made from take {source.number}" + (f": {changes}" if changes else "") if source else ""
    if changes and not source:
        said = f"made with {changes}"
    facts = " · ".join(filter(None, (said, *made_words(take.made))))
    return f"Take {take.number} {facts}" if facts else ""


def _changes(source: Take, take: Take) -> Iterator[str]:
    if not source.plan.segments or not take.plan.segments:
        return
    old, new = source.plan.segments[0], take.plan.segments[0]
    for name in ("stability", "style", "similarity"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after and before is not None and after is not None:
            yield f"{name} {percent(before)} → {percent(after)}"
    if old.pace != new.pace:
        yield f"pace {old.pace} → {new.pace}"
    elif old.speed != new.speed:
        yield f"speed {old.speed:.2f} → {new.speed:.2f}"
    if old.engine != new.engine:
        yield f"engine {old.engine} → {new.engine}"
    if source.revision.direction != take.revision.direction and take.revision.direction:
        yield f"direction “{take.revision.direction}”"


def _set(revision: Revision) -> Iterator[str]:
    if revision.pace is not None:
        yield f"pace {revision.pace}"
    for name in ("stability", "style", "similarity", "speed"):
        value = getattr(revision, name)
        if value is not None:
            yield f"{name} {percent(value)}"
    if revision.direction:
        yield f"direction “{revision.direction}”"
    if revision.engine:
        yield f"engine {revision.engine}"
