"""Where a beat and a session stand, from the facts alone.

Nothing here can stick when a process dies. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from viraltracker.errors import BadInput
from viraltracker.takes.judge import CHARACTERS_PER_S, expected_ms
from viraltracker.takes.model import BeatRow, BeatState, Session, SessionStatus, Take
from viraltracker.takes.plan import Planner
from viraltracker.takes.stale import differences

__all__ = ["SessionStanding", "Standing", "beat_standing", "session_standing", "spoken_on"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A beat's state and why.

    `stale` maps a done take's number to its reasons; `problem` says why no plan can be made.
    """

    state: BeatState
    reasons: tuple[str, ...] = ()
    stale: Mapping[int, tuple[str, ...]] | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class SessionStanding:
    """A session's status, its beats' standings in order, and its length, picked or estimated, with pauses."""

    status: SessionStatus
    beats: Mapping[str, Standing]
    duration_ms: int

    def count(self, *states: BeatState) -> int:
        """How many beats stand in one of `states`."""
        return sum(standing.state in states for standing in self.beats.values())


def beat_standing(beat: BeatRow, planner: Planner) -> Standing:
    """The beat's state.

    A take is stale when what would be made now, with its own revision, differs from its plan.
    """
    if beat.silent:
        return Standing("picked")
    stale, problem = _stale_takes(beat, planner)
    active = [take for take in beat.takes if take.status in ("queued", "generating")]
    if active:
        state: BeatState = "generating" if any(take.leased for take in active) else "queued"
        return Standing(state, (), stale, problem)
    if beat.locked:
        return Standing("locked", stale.get(beat.picked.number, ()) if beat.picked else (), stale, problem)
    if beat.picked is not None:
        reasons = stale.get(beat.picked.number, ())
        if not reasons:
            return Standing("picked", (), stale, problem)
        # A fresh take waits beside the stale pick: one decides between them, one doesn't make more.
        waits = any(take.status == "done" and take.number not in stale for take in beat.takes)
        return Standing("review" if waits else "stale", reasons, stale, problem)
    return _unpicked(beat, stale, problem)


def _unpicked(beat: BeatRow, stale: Mapping[int, tuple[str, ...]], problem: str | None) -> Standing:
    done = [take for take in beat.takes if take.status == "done"]
    fresh = [take for take in done if take.number not in stale]
    last = beat.takes[-1] if beat.takes else None
    if last is not None and last.status == "failed" and not fresh:
        return Standing("failed", (str((last.error or {}).get("message", "It failed.")),), stale, problem)
    if fresh:
        return Standing("review", (), stale, problem)
    if done:
        return Standing("stale", stale[done[-1].number], stale, problem)
    return Standing("failed", (problem,), stale, problem) if problem else Standing("empty", (), stale)


def _stale_takes(beat: BeatRow, planner: Planner) -> tuple[dict[int, tuple[str, ...]], str | None]:
    stale: dict[int, tuple[str, ...]] = {}
    problem: str | None = None
    try:
        planner.plan(beat.content)
    except BadInput as refused:
        problem = refused.message
    for take in beat.takes:
        if take.status != "done":
            continue
        try:
            reasons = differences(take.plan, planner.plan(beat.content, take.revision, take.plan.attempt))
        except BadInput as refused:
            reasons = (refused.message,)
        if reasons:
            stale[take.number] = reasons
    return stale, problem


def spoken_on(beat: BeatRow, planner: Planner, engine: str) -> Take | None:
    """The finished take that still fits and that `engine` alone speaks: the picked one, else the newest."""
    stale = beat_standing(beat, planner).stale or {}
    fitting = [
        take
        for take in beat.takes
        if take.status == "done"
        and take.number not in stale
        and all(segment.engine == engine for segment in take.plan.segments)
    ]
    return next((take for take in fitting if take.id == beat.selected), fitting[-1] if fitting else None)


def session_standing(session: Session, planner: Planner, workers_live: bool = True) -> SessionStanding:
    """The session's status.

    "generating" needs work under way and a live worker to do it, so it can't stick.
    """
    beats = session.script_beats
    standings = {beat.beat_id: beat_standing(beat, planner) for beat in beats}
    settled = all(
        standings[beat.beat_id].state == "picked"
        or (standings[beat.beat_id].state == "locked" and beat.picked is not None)
        for beat in beats
    )
    under_way = any(
        take.leased or (workers_live and take.status in ("queued", "generating")) for take in _takes(session)
    )
    exported = any(
        export.status == "done" and export.kind == "mp3" and export.script_number == session.script_number
        for export in session.exports
    )
    status: SessionStatus
    if under_way:
        status = "generating"
    elif settled and exported:
        status = "exported"
    elif beats and (settled or session.completed_at is not None):
        status = "completed"
    else:
        status = "in_progress" if any(take.status == "done" for take in _takes(session)) else "draft"
    return SessionStanding(status, standings, _duration_ms(session, planner))


def _takes(session: Session) -> list[Take]:
    return [take for beat in session.script_beats for take in beat.takes]


def _duration_ms(session: Session, planner: Planner) -> int:
    total = 0
    for beat in session.script_beats:
        total += beat.content.trailing_pause_ms
        if beat.silent:
            continue
        take = beat.picked or next((take for take in reversed(beat.takes) if take.status == "done"), None)
        if take is not None and take.duration_ms is not None:
            total += take.duration_ms
        else:
            try:
                total += expected_ms(planner.plan(beat.content))
            except BadInput:
                total += round(len(beat.content.text) / CHARACTERS_PER_S * 1000)
    return total
