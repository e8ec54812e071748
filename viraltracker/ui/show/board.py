"""A desk as the board of beats. Pure: links and words are handed in or made here, nothing is looked up."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import accumulate
from typing import Final

from viraltracker.errors import BadInput
from viraltracker.script import PACES
from viraltracker.studio import Desk
from viraltracker.takes import (
    BeatPlan,
    BeatRow,
    BeatState,
    Estimated,
    Generate,
    Planner,
    Revision,
    Standing,
    Take,
    batch_under_way,
    best_takes,
    expected_ms,
    gaps,
)
from viraltracker.takes.plan import SPEED_MAX, SPEED_MIN
from viraltracker.ui.show.progress import batch_progress, beat_progress
from viraltracker.ui.show.spans import beat_spans, changed_spans
from viraltracker.ui.show.takelines import take_line
from viraltracker.ui.show.words import dollars, plural, state_word
from viraltracker.ui.views import (
    Action,
    BeatLine,
    BoardView,
    CastColour,
    Filter,
    Knob,
    PaceStop,
    Problem,
    Revise,
    Span,
)
from viraltracker.units import clock

__all__ = ["board_view"]

_FILTERED: Final[tuple[tuple[BeatState, str], ...]] = (
    ("review", "to review"),
    ("stale", "stale"),
    ("failed", "failed"),
    ("empty", "empty"),
    ("locked", "locked"),
)
AudioLink = Callable[[str], str]
"""Hash of a file -> signed link to it."""

_UNUSED = "{engine} doesn't use this; an ElevenLabs voice does"


def board_view(desk: Desk, generate: Generate, link: AudioLink, *, makes: bool = True) -> BoardView:
    """The whole board of a session; for a reviewer, who `makes` nothing, without what makes takes."""
    beats = desk.session.script_beats
    missing = gaps(desk.session, desk.planner, known=desk.standing.beats)
    cost = generate.estimate(missing)
    best = best_takes(desk.session, desk.planner, desk.standing.beats)
    starts = accumulate((_length_ms(beat, desk.planner) for beat in beats), initial=0)
    lines = tuple(
        _line(desk, generate, beat, start, link) for beat, start in zip(beats, starts, strict=False)
    )
    if not makes:
        lines = tuple(replace(line, revise=None, generate="", problem=_seen(line.problem)) for line in lines)
    return BoardView(
        session=desk.session.id,
        beats=lines,
        filters=tuple(_filters(desk)),
        cast={
            m.character.id: CastColour(m.character.colour_light, m.character.colour_dark)
            for m in desk.members
        },
        paces={m.character.id: _paces(m.profile.speed) for m in desk.members},
        progress=batch_progress(batch_under_way(desk.session), desk.workers_live),
        fill=f"Fill gaps and stale ({cost.beats}) · {dollars(cost.usd, cost.exact)}"
        if cost.beats and makes
        else "",
        best=f"Pick best ({len(best)})" if best else "",
        undo=desk.session.undoable or "",
        total=clock(desk.standing.duration_ms),
        nothing="" if beats else "This script has no beats yet. Write some on the Script page.",
        makes=makes,
    )


def _line(desk: Desk, generate: Generate, beat: BeatRow, starts_ms: int, link: AudioLink) -> BeatLine:
    standing = desk.standing.beats[beat.beat_id]
    content = beat.content
    speakers = tuple(dict.fromkeys(segment.character for segment in content.segments))
    first = content.segments[0] if content.segments else None
    done = [take for take in beat.takes if take.status == "done"]
    by_id = {take.id: take for take in beat.takes}
    plan, problem = _planned(desk.planner, beat)
    return BeatLine(
        id=beat.id,
        number=f"{content.number:02d}",
        who=speakers[0] if speakers else "",
        others=speakers[1:],
        name=content.name,
        state=standing.state,
        word=state_word(beat, standing),
        text=_text(beat, standing),
        pace=_pace_chip(plan, first.pace) if first else "",
        direction=(first.direction or "") if first else "",
        takes=tuple(take_line(take, by_id, standing, link) for take in done),
        selected=beat.selected,
        more=_more(plan, desk),
        locked=beat.locked,
        note=beat.note,
        revise=None if plan is None or beat.silent else _revise(desk, generate, beat, plan),
        generate=_generate_label(generate.estimate([beat])) if standing.state == "empty" else "",
        progress=beat_progress(beat, desk.workers_live),
        problem=_problem(beat, standing, problem),
        starts_ms=starts_ms,
        pause_ms=content.trailing_pause_ms,
    )


def _seen(problem: Problem | None) -> Problem | None:
    """A problem as somebody sees it who can't do anything about it."""
    return None if problem is None else replace(problem, actions=())


def _planned(
    planner: Planner, beat: BeatRow, revision: Revision | None = None
) -> tuple[BeatPlan | None, str | None]:
    try:
        return planner.plan(beat.content, revision), None
    except BadInput as refused:
        return None, refused.message


def _text(beat: BeatRow, standing: Standing) -> tuple[Span, ...]:
    made = beat.picked or next((take for take in reversed(beat.takes) if take.status == "done"), None)
    if made is not None and "text" in (standing.stale or {}).get(made.number, ()):
        return changed_spans(made.plan, beat.content)
    return beat_spans(beat.content)


def _pace_chip(plan: BeatPlan | None, pace: str) -> str:
    if plan is None:
        return pace if pace != "normal" else ""
    segment = plan.segments[0]
    if segment.held_from is not None:
        return f"{pace} ×{segment.speed:.2f}, held from ×{segment.held_from:.2f}"
    return f"{pace} ×{segment.speed:.2f}" if pace != "normal" else ""


def _more(plan: BeatPlan | None, desk: Desk) -> str:
    if plan is None or not plan.segments:
        return ""
    engines = dict.fromkeys(
        segment.model or desk.planner.engines[segment.engine].capabilities.title for segment in plan.segments
    )
    dropped = dict.fromkeys(part.replace("_", " ") for segment in plan.segments for part in segment.unused)
    said = f" · {', '.join(dropped)} not used by this voice" if dropped else ""
    return f"{', '.join(engines)} · {plural(plan.characters or _spoken(plan), 'char')}{said}"


def _spoken(plan: BeatPlan) -> int:
    return sum(len(segment.text) for segment in plan.segments)


def _generate_label(cost: Estimated) -> str:
    return f"Generate · {plural(cost.characters, 'char')} · {dollars(cost.usd, cost.exact)}"


def _revise(desk: Desk, generate: Generate, beat: BeatRow, plan: BeatPlan) -> Revise:
    source = _revised_from(beat)
    revision = source.revision if source else Revision()
    shown, _ = _planned(desk.planner, beat, revision)
    segment = (shown or plan).segments[0]
    engine = desk.planner.engines[segment.engine]
    support = engine.support(segment.model)
    cost = generate.estimate([beat], revision)
    member = next(m for m in desk.members if m.character.id == segment.character)
    repeatable = all(desk.planner.engines[s.engine].capabilities.repeats(s.model) for s in plan.segments)
    script = beat.content.segments[0]

    def knob(name: str, value: float | None, profile: float) -> Knob:
        if support.get(name, "not used") == "not used":
            return Knob(profile, "profile", _UNUSED.format(engine=engine.capabilities.title))
        return Knob(value, segment.origin.get(name, "profile"))

    return Revise(
        button=f"New take · {plural(cost.characters, 'char')} · {dollars(cost.usd, cost.exact)}",
        direction=revision.direction if revision.direction is not None else script.direction or "",
        direction_unused=(
            ""
            if support.get("direction", "not used") != "not used"
            else f"{engine.capabilities.title} takes no direction; it stays a note"
        ),
        pace=segment.pace,
        stability=knob("stability", segment.stability, member.profile.stability),
        style=knob("style", segment.style, member.profile.style),
        repeatable=(
            f"{engine.capabilities.title}: the same is said the same way. Change a setting for another take"
            if repeatable and any(take.status == "done" for take in beat.takes)
            else ""
        ),
    )


def _revised_from(beat: BeatRow) -> Take | None:
    done = [take for take in beat.takes if take.status == "done"]
    return beat.picked or (done[-1] if done else None)


def _problem(beat: BeatRow, standing: Standing, problem: str | None) -> Problem | None:
    if problem is not None:
        return Problem(problem, (Action("voices", "Choose a voice"),))
    failed = beat.takes[-1] if beat.takes and beat.takes[-1].status == "failed" else None
    if failed is None or standing.state in ("queued", "generating"):
        return None
    message = str((failed.error or {}).get("message", "It failed."))
    paid = any(segment.engine != "espeak" for segment in failed.plan.segments)
    actions = [Action("again", "Try again"), Action("voices", "Open Voices", quiet=True)]
    if paid:
        actions.append(Action("espeak", "Use eSpeak for now", quiet=True))
    return Problem(message, tuple(actions))


def _length_ms(beat: BeatRow, planner: Planner) -> int:
    take = _revised_from(beat)
    plan, _ = _planned(planner, beat)
    spoken = take.duration_ms if take is not None else expected_ms(plan) if plan is not None else 0
    return (spoken or 0) + beat.content.trailing_pause_ms


def _filters(desk: Desk) -> Iterator[Filter]:
    standing = desk.standing
    beats = desk.session.script_beats
    yield Filter("all", f"All {len(beats)}")
    for state, words in _FILTERED:
        count = standing.count(state)
        if count:
            yield Filter(state, f"{count} {words}", state=state)
    speaking = {segment.character for beat in beats for segment in beat.content.segments}
    for member in desk.members:
        if member.character.id in speaking and len(speaking) > 1:
            yield Filter(f"who:{member.character.id}", member.character.id, who=member.character.id)


def _paces(speed: float) -> tuple[PaceStop, ...]:
    held = {name: round(min(max(speed * factor, SPEED_MIN), SPEED_MAX), 4) for name, factor in PACES.items()}
    return tuple(
        PaceStop(name, f"{name} ×{factor:.2f}", _speed_words(name, speed * factor, held))
        for name, factor in PACES.items()
    )


def _speed_words(name: str, asked: float, held: Mapping[str, float]) -> str:
    """What becomes of a pace with this voice: paces that are held to one speed would sound the same."""
    speed = held[name]
    same = [other for other, its in held.items() if its == speed and other != name]
    bound = abs(asked - speed) > 1e-4
    if same:
        return f"same as {' and '.join(same)} here: {'held to ' if bound else ''}×{speed:.2f}"
    return f"×{speed:.2f}, held from ×{asked:.2f}" if bound else f"×{speed:.2f}"
