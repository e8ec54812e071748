"""Tools on takes: make them, compare them, pick one, say what they would cost.

Making takes is spending: the question to the producer lists beats, characters and cost, and the yes to it is
the batch that the takes are asked for under.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from pydantic_ai import RunContext

from viraltracker.agent.approvals import Approval, Question
from viraltracker.agent.bench import Bench
from viraltracker.agent.lines import take_line, take_lines
from viraltracker.agent.results import PAGE, AskedFor, Cost, Done, Takes
from viraltracker.errors import BadInput
from viraltracker.takes import BeatRow, Estimated, Requested, Revision, Session, Take, gaps, revision_json
from viraltracker.takes.naming import beats_named, one_beat, take_of
from viraltracker.workflow import takes_ended

__all__ = [
    "compare_takes",
    "estimate_cost",
    "generate_beat_audio",
    "generate_missing_or_stale",
    "regenerate_beat_audio",
    "select_take",
]

Wait = Annotated[int, Field(ge=0, le=600)]
Share = Annotated[float, Field(ge=0, le=1)]


async def generate_beat_audio(
    ctx: RunContext[Bench],
    session: str,
    beats: list[str],
    takes_each: Annotated[int, Field(ge=1, le=5)] = 1,
    wait_s: Wait = 300,
) -> AskedFor:
    """Make new takes of the named beats as script and voices say. Needs the producer's yes.

    An engine that always says the same thing the same way gives one take; regenerate_beat_audio with another
    setting gives a different one.

    Args:
        session: The session's id or whole title; "" is the open one.
        beats: Ids of beats, or ranges such as "01_open..04_turn".
        takes_each: How many takes of each beat.
        wait_s: How long to wait for them, in seconds; what is not ready then goes on without you.
    """
    bench = ctx.deps
    held = await bench.named(session)
    named = beats_named(held, _some(beats))
    generate = await bench.studio.generate()
    refused = generate.refused(named)
    chosen = [beat for beat in named if beat.beat_id not in refused]
    if not chosen:
        raise BadInput("; ".join(f"{beat}: {why}" for beat, why in refused.items()))
    many = "" if takes_each == 1 else f", {takes_each} each"
    cost = generate.estimate(chosen, Revision())
    question = _spend(f'Make takes of {_count(chosen)} of "{held.title}"{many}', chosen, cost, takes_each)
    yes = await bench.need(
        "generate_beat_audio", _covered(held, chosen, takes_each=takes_each), question, held.id
    )
    asked = await generate.beats(held, [beat.beat_id for beat in chosen], batch=yes.id, each=takes_each)
    return await _made(bench, held, asked, yes, wait_s, refused)


async def regenerate_beat_audio(
    ctx: RunContext[Bench],
    session: str,
    beat: str,
    direction: str | None = None,
    pace: str | None = None,
    stability: Share | None = None,
    style: Share | None = None,
    speed: Annotated[float, Field(ge=0.7, le=1.2)] | None = None,
    seed: Annotated[int, Field(ge=0, lt=2**32)] | None = None,
    like_take: int | None = None,
    wait_s: Wait = 300,
) -> AskedFor:
    """Make one more take of a beat with changed settings, beside those it has. Needs the producer's yes.

    What is left out follows script and voice. The new take is not picked; select_take does that.

    Args:
        session: The session's id or whole title; "" is the open one.
        beat: The beat's id.
        direction: An acting note; "" removes the script's. Engines that take none ignore it.
        pace: slow, deliberate, normal, quick, fast or chaos.
        stability: 0 lively to 1 steady.
        style: How much the voice's manner is exaggerated.
        speed: 0.7 to 1.2; wins over pace.
        seed: Chance that can be had again.
        like_take: Start from the settings of that take.
        wait_s: How long to wait for it, in seconds.
    """
    bench = ctx.deps
    held = await bench.named(session)
    row = one_beat(held, beat)
    source = take_of(row, like_take) if like_take is not None else None
    given = {
        "direction": direction,
        "pace": pace,
        "stability": stability,
        "style": style,
        "speed": speed,
        "seed": seed,
    }
    wishes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if pace is not None and speed is None:
        wishes["speed"] = None
    revision = replace(source.revision if source else Revision(), **wishes)
    generate = await bench.studio.generate()
    generate.check(held, beat, revision)
    cost = generate.estimate([row], revision)
    settings = ", ".join(f"{name} {value}" for name, value in revision_json(revision).items())
    question = _spend(f'Make one more take of {beat} of "{held.title}": {settings}', [row], cost)
    covered = _covered(held, [row], revision=revision_json(revision))
    yes = await bench.need("regenerate_beat_audio", covered, question, held.id)
    asked = await generate.revise(held, beat, revision, source.id if source else None, batch=yes.id)
    return await _made(bench, held, asked, yes, wait_s)


async def generate_missing_or_stale(ctx: RunContext[Bench], session: str, wait_s: Wait = 600) -> AskedFor:
    """Make a take of every beat that has none, or whose take failed or no longer fits.

    Needs the producer's yes.

    Args:
        session: The session's id or whole title; "" is the open one.
        wait_s: How long to wait for them, in seconds; what is not ready then goes on without you.
    """
    bench = ctx.deps
    held = await bench.named(session)
    generate = await bench.studio.generate()
    missing = gaps(held, generate.planner)
    if not missing:
        return AskedFor(str(held.id), (), 0, (), {}, 0.0)
    question = _spend(f'Make what is missing or stale of "{held.title}"', missing, generate.estimate(missing))
    yes = await bench.need("generate_missing_or_stale", _covered(held, missing), question, held.id)
    asked = await generate.fill(held, batch=yes.id)
    return await _made(bench, held, asked, yes, wait_s)


async def compare_takes(ctx: RunContext[Bench], session: str, beat: str) -> Takes:
    """The takes of a beat side by side: length, loudness, judgement, settings, which is picked.

    Args:
        session: The session's id or whole title; "" is the open one.
        beat: The beat's id.
    """
    bench = ctx.deps
    held = await bench.named(session)
    row = one_beat(held, beat)
    stale = (await bench.studio.desk(held.id)).standing.beats[beat].stale or {}
    done = [take for take in row.takes if take.duration_ms is not None]

    def length_ms(take: Take) -> int:
        return take.duration_ms or 0

    return Takes(
        tuple(take_line(row, take, tuple(stale.get(take.number, ()))) for take in row.takes[-PAGE:]),
        shortest=min(done, key=length_ms).number if done else None,
        longest=max(done, key=length_ms).number if done else None,
    )


async def select_take(ctx: RunContext[Bench], session: str, beat: str, take: int) -> Done:
    """Pick the take that the episode shall have for a beat. Costs nothing and can be undone.

    Args:
        session: The session's id or whole title; "" is the open one.
        beat: The beat's id.
        take: The take's number, as compare_takes lists it.
    """
    bench = ctx.deps
    held = await bench.named(session)
    row = one_beat(held, beat)
    await bench.studio.choose.pick(held.id, {row.id: take_of(row, take).id})
    return Done(f"Take {take} of {beat} is picked.", str(held.id))


async def estimate_cost(ctx: RunContext[Bench], session: str, beats: list[str] | None = None) -> Cost:
    """What new takes would cost: of the named beats, or of all that are missing or stale. Makes nothing.

    Args:
        session: The session's id or whole title; "" is the open one.
        beats: Ids of beats or ranges; left out: what is missing or stale.
    """
    bench = ctx.deps
    held = await bench.named(session)
    generate = await bench.studio.generate()
    chosen = beats_named(held, beats) if beats else gaps(held, generate.planner)
    cost = generate.estimate(chosen, Revision() if beats else None)
    return Cost(cost.beats, cost.characters, cost.usd, cost.exact, held.spent_usd, held.cap_usd)


def _some(beats: list[str]) -> list[str]:
    if not beats:
        raise BadInput("Name the beats. generate_missing_or_stale makes all that are missing.")
    return beats


def _count(beats: Sequence[BeatRow]) -> str:
    return f"beat {beats[0].beat_id}" if len(beats) == 1 else f"{len(beats)} beats"


def _spend(title: str, beats: Sequence[BeatRow], cost: Estimated, each: int = 1) -> Question:
    return Question(
        "spend",
        title,
        beats=tuple(beat.beat_id for beat in beats),
        characters=cost.characters * each,
        usd=cost.usd * each,
        exact=cost.exact,
    )


def _covered(session: Session, beats: Sequence[BeatRow], **more: Any) -> dict[str, Any]:
    """What a yes is for: these beats of this version of the script, and nothing that comes after."""
    return {
        "session": str(session.id),
        "script": session.script_number,
        "beats": [beat.beat_id for beat in beats],
        **more,
    }


async def _made(
    bench: Bench,
    held: Session,
    asked: Requested,
    yes: Approval,
    wait_s: int,
    refused: Mapping[str, str] | None = None,
) -> AskedFor:
    wanted: set[UUID] = {*asked.takes, *asked.already}
    if not wanted:
        await bench.approvals.use(yes)
    session = await takes_ended(
        bench.studio, held.id, wanted, lambda event: bench.progress(event.words), bench.hands, within_s=wait_s
    )
    lines = take_lines(session, wanted)
    made = tuple(line for line in lines if line.status == "done")
    failed = tuple(line for line in lines if line.status in ("failed", "cancelled"))
    return AskedFor(
        session_id=str(held.id),
        made=made[:PAGE],
        under_way=len(lines) - len(made) - len(failed),
        failed=failed[:PAGE],
        left_out=dict([*(refused or {}).items(), *asked.left_out.items()][:PAGE]),
        usd=sum(line.usd or 0.0 for line in lines),
        more=max(0, len(made) - PAGE) + max(0, len(failed) - PAGE),
    )
